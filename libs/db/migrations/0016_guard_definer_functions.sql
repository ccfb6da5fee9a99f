-- oldest build: 0012
-- Functions that run with their owner's rights resolved table names among the caller's temporary objects
-- first, and their owner owned everything: a temporary view named customers ran as core_owner. Now they
-- qualify every table name, search temporary objects last, and belong to a role that has only the rights that
-- they need.
DO $$
BEGIN
  CREATE ROLE core_definer NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END
$$;
--> statement-breakpoint
-- SET allows the owner to give functions to it; INHERIT lets a later migration replace them. The owner gains
-- no right.
GRANT core_definer TO current_user WITH INHERIT TRUE, SET TRUE;
--> statement-breakpoint
GRANT SELECT ON public.customers TO core_definer;
--> statement-breakpoint
-- The columns that map a shop to its merchant, without tokens. An earlier migration may have added the shop's
-- number.
DO $$
BEGIN
  EXECUTE (SELECT format('GRANT SELECT (%s) ON public.shopify_connections TO core_definer', string_agg(quote_ident(attname), ', '))
             FROM pg_attribute WHERE attrelid = 'public.shopify_connections'::regclass
              AND attname IN ('merchant_id', 'shop', 'shop_id'));
END
$$;
--> statement-breakpoint
-- Row-level security is forced: without a policy of its own it would see nothing.
CREATE POLICY of_all_merchants_to_read ON public.customers FOR SELECT TO core_definer USING (true);
--> statement-breakpoint
CREATE POLICY of_all_merchants_to_read ON public.shopify_connections FOR SELECT TO core_definer USING (true);
--> statement-breakpoint
CREATE OR REPLACE FUNCTION public.read_scores(merchant_ids uuid[], customer_ids uuid[])
RETURNS TABLE (found boolean, rfm_score jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  RETURN QUERY
  SELECT c.id IS NOT NULL, c.rfm_score
    FROM unnest($1, $2) WITH ORDINALITY AS key (merchant_id, id, position)
    LEFT JOIN public.customers c ON c.merchant_id = key.merchant_id AND c.id = key.id
                                AND c.deleted_at IS NULL AND c.erased_at IS NULL
   ORDER BY key.position;
END
$$;
--> statement-breakpoint
-- Skipped when an earlier migration has already replaced it.
DO $body$
BEGIN
  IF (SELECT prosrc LIKE '%public.%' FROM pg_proc WHERE oid = 'public.merchant_of_shop(varchar)'::regprocedure) THEN
    RETURN;
  END IF;
  CREATE OR REPLACE FUNCTION public.merchant_of_shop(shop varchar) RETURNS uuid
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT merchant_id FROM public.shopify_connections c WHERE c.shop = $1
  $$;
END
$body$;
--> statement-breakpoint
CREATE OR REPLACE FUNCTION public.customers_of_segment(merchant uuid, segment text, after uuid, most int, mins int[], maxs int[])
RETURNS SETOF public.customers
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT * FROM public.customers
   WHERE merchant_id = ANY (ARRAY[$1]) AND $1 = nullif(current_setting('core.merchant_id', true), '')::uuid
     AND deleted_at IS NULL AND erased_at IS NULL AND rfm_score ->> 'segment' = $2 AND id > $3
     AND ($5[1] IS NULL OR (rfm_score ->> 'recency')::int >= $5[1])
     AND ($6[1] IS NULL OR (rfm_score ->> 'recency')::int <= $6[1])
     AND ($5[2] IS NULL OR (rfm_score ->> 'frequency')::int >= $5[2])
     AND ($6[2] IS NULL OR (rfm_score ->> 'frequency')::int <= $6[2])
     AND ($5[3] IS NULL OR (rfm_score ->> 'monetary')::int >= $5[3])
     AND ($6[3] IS NULL OR (rfm_score ->> 'monetary')::int <= $6[3])
   ORDER BY merchant_id, rfm_score ->> 'segment', id LIMIT $4
$$;
--> statement-breakpoint
-- Only the build before this one uses the function above. It returns all columns of the table, and a session
-- that has called it before fails once when the table gets a column meanwhile. This function lists the
-- columns that it returns.
CREATE FUNCTION public.list_segment(merchant uuid, segment text, after uuid, most int, mins int[], maxs int[])
RETURNS TABLE (id uuid, merchant_id uuid, external_id varchar, email varchar, rfm_score jsonb, metadata jsonb, version int,
               created_at timestamptz, updated_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.id, c.merchant_id, c.external_id, c.email, c.rfm_score, c.metadata, c.version, c.created_at, c.updated_at
    FROM public.customers c
   WHERE c.merchant_id = ANY (ARRAY[$1]) AND $1 = nullif(current_setting('core.merchant_id', true), '')::uuid
     AND c.deleted_at IS NULL AND c.erased_at IS NULL AND c.rfm_score ->> 'segment' = $2 AND c.id > $3
     AND ($5[1] IS NULL OR (c.rfm_score ->> 'recency')::int >= $5[1])
     AND ($6[1] IS NULL OR (c.rfm_score ->> 'recency')::int <= $6[1])
     AND ($5[2] IS NULL OR (c.rfm_score ->> 'frequency')::int >= $5[2])
     AND ($6[2] IS NULL OR (c.rfm_score ->> 'frequency')::int <= $6[2])
     AND ($5[3] IS NULL OR (c.rfm_score ->> 'monetary')::int >= $5[3])
     AND ($6[3] IS NULL OR (c.rfm_score ->> 'monetary')::int <= $6[3])
   ORDER BY c.merchant_id, c.rfm_score ->> 'segment', c.id LIMIT $4
$$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION public.list_segment(uuid, text, uuid, int, int[], int[]) FROM public;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION public.list_segment(uuid, text, uuid, int, int[], int[]) TO core_api;
--> statement-breakpoint
-- The new owner of a function needs CREATE on its schema; it has that right for the time of this transaction
-- only.
GRANT CREATE ON SCHEMA public TO core_definer;
--> statement-breakpoint
DO $$
DECLARE
  definer regprocedure;
BEGIN
  FOR definer IN SELECT oid FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO core_definer', definer);
  END LOOP;
END
$$;
--> statement-breakpoint
REVOKE CREATE ON SCHEMA public FROM core_definer;
--> statement-breakpoint
-- These functions run with the caller's rights. The trigger that runs for every row qualifies the names that
-- it uses, because a setting costs each row a microsecond. Every migrate revokes TEMPORARY and CREATE from
-- everybody, because a dump does not contain them.
CREATE OR REPLACE FUNCTION public.set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := pg_catalog.clock_timestamp();
  RETURN NEW;
END
$$;
--> statement-breakpoint
ALTER FUNCTION public.announce_customer_changes() SET search_path = pg_catalog, pg_temp;
--> statement-breakpoint
ALTER FUNCTION public.customer_changes_complete_until() SET search_path = pg_catalog, pg_temp;
