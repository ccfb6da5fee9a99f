-- One least-privileged role per app. They come without login: whoever deploys gives them one, with a
-- password of their own (`ops migrate` does it from CORE_DB_*_PASSWORD). Roles belong to the cluster,
-- so another database's migration may have made them already, even this very moment.
DO $$
DECLARE
  app text;
BEGIN
  FOREACH app IN ARRAY ARRAY['core_api', 'core_worker', 'core_importer'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', app);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
END
$$;
--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS pgcrypto;
