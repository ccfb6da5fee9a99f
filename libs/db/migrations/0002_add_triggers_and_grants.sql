-- Not fired when the ciphertext alone changed: a key rotation is no change of the customer.
CREATE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER trg_customers_updated_at
  BEFORE UPDATE ON customers
  FOR EACH ROW
  WHEN (
    (OLD.external_id, OLD.email_hash, OLD.rfm_score, OLD.metadata, OLD.version, OLD.content_hash,
     OLD.source_updated_at, OLD.deleted_at, OLD.erased_at)
    IS DISTINCT FROM
    (NEW.external_id, NEW.email_hash, NEW.rfm_score, NEW.metadata, NEW.version, NEW.content_hash,
     NEW.source_updated_at, NEW.deleted_at, NEW.erased_at)
  )
  EXECUTE FUNCTION set_updated_at();
--> statement-breakpoint
CREATE TRIGGER trg_program_settings_updated_at
  BEFORE UPDATE ON program_settings
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
--> statement-breakpoint
CREATE TRIGGER trg_customer_import_slices_updated_at
  BEFORE UPDATE ON customer_import_slices
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
--> statement-breakpoint
INSERT INTO outbox_shards (shard) SELECT generate_series(0, 3);
--> statement-breakpoint
GRANT SELECT ON schema_migrations TO core_api, core_worker, core_importer;
--> statement-breakpoint
-- Everyone appends events and audit rows; nobody but the owner changes an audit row.
GRANT INSERT ON outbox_events, audit_log TO core_api, core_worker, core_importer;
--> statement-breakpoint
GRANT SELECT, INSERT ON merchant_keys TO core_api, core_worker, core_importer;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON customers TO core_api, core_importer;
--> statement-breakpoint
GRANT SELECT, UPDATE ON customers TO core_worker;
--> statement-breakpoint
GRANT SELECT ON erasure_tombstones, program_settings TO core_api, core_worker, core_importer;
--> statement-breakpoint
GRANT INSERT, UPDATE ON program_settings TO core_api;
--> statement-breakpoint
GRANT SELECT ON audit_log, privacy_requests, customer_import_errors TO core_api;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON customer_import_logs, shopify_connections TO core_api;
--> statement-breakpoint
GRANT SELECT, UPDATE ON customer_import_logs, shopify_connections TO core_importer;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON customer_import_slices TO core_api, core_importer;
--> statement-breakpoint
GRANT SELECT, INSERT ON customer_import_errors TO core_importer;
--> statement-breakpoint
GRANT SELECT, DELETE ON outbox_events, inbox_events, customer_import_errors TO core_worker;
--> statement-breakpoint
GRANT INSERT ON inbox_events, erasure_tombstones TO core_worker;
--> statement-breakpoint
GRANT SELECT, UPDATE ON outbox_shards TO core_worker;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON privacy_requests TO core_worker;
