-- The seals have a writer of their own: who can write audit rows must not be able to vouch for them.
DO $$
BEGIN
  CREATE ROLE core_sealer NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END
$$;
--> statement-breakpoint
CREATE TABLE "audit_seals" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"from_xid" "xid8" NOT NULL,
	"to_xid" "xid8" NOT NULL,
	"rows" bigint NOT NULL,
	"rows_hash" "bytea" NOT NULL,
	"previous_hash" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL,
	"sealed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "key_rotations" (
	"merchant_id" uuid NOT NULL,
	"generation" integer NOT NULL,
	"cursor" uuid,
	"rows" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "key_rotations_merchant_id_generation_pk" PRIMARY KEY("merchant_id","generation")
);
--> statement-breakpoint
ALTER TABLE "merchant_keys" ALTER COLUMN "data_key" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "merchant_keys" ALTER COLUMN "index_key" DROP NOT NULL;--> statement-breakpoint
-- Rows that are there get the id of this migration: the first seal covers them all.
ALTER TABLE "audit_log" ADD COLUMN "xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL;--> statement-breakpoint
ALTER TABLE "merchant_keys" ADD COLUMN "destroyed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "privacy_requests" ADD COLUMN "due_at" timestamp with time zone DEFAULT now() + interval '30 days' NOT NULL;--> statement-breakpoint
CREATE INDEX "idx_audit_log_customer" ON "audit_log" USING btree ("merchant_id","customer_id","id") WHERE "audit_log"."customer_id" is not null;--> statement-breakpoint
CREATE INDEX "idx_audit_log_xid" ON "audit_log" USING btree ("xid","id");--> statement-breakpoint
CREATE INDEX "idx_customers_merged_into" ON "customers" USING btree ("merchant_id","merged_into") WHERE "customers"."merged_into" is not null;--> statement-breakpoint
CREATE INDEX "idx_webhook_events_held" ON "webhook_events" USING btree ("merchant_id","id") WHERE "webhook_events"."body" is not null;--> statement-breakpoint
CREATE INDEX "idx_privacy_requests_pending" ON "privacy_requests" USING btree ("due_at") WHERE "privacy_requests"."completed_at" is null;--> statement-breakpoint
ALTER TABLE "merchant_keys" ADD CONSTRAINT "ck_merchant_keys_destroyed" CHECK (("merchant_keys"."destroyed_at" is null) = ("merchant_keys"."data_key" is not null and "merchant_keys"."index_key" is not null));--> statement-breakpoint
UPDATE privacy_requests SET due_at = received_at + interval '30 days';
--> statement-breakpoint
GRANT SELECT ON schema_migrations, audit_log TO core_sealer;
--> statement-breakpoint
GRANT SELECT, INSERT ON audit_seals TO core_sealer;
--> statement-breakpoint
-- An export marks its request as answered.
GRANT UPDATE (receipt, completed_at) ON privacy_requests TO core_api;
--> statement-breakpoint
-- A redacted shop: its keys are destroyed, its connection and runs are gone. The worker sees no token.
GRANT UPDATE (data_key, index_key, destroyed_at) ON merchant_keys TO core_worker;
--> statement-breakpoint
GRANT SELECT (merchant_id, shop), DELETE ON shopify_connections TO core_worker;
--> statement-breakpoint
GRANT SELECT, DELETE ON import_schedules TO core_worker;
--> statement-breakpoint
GRANT DELETE ON customer_import_ids, program_settings TO core_worker;
--> statement-breakpoint
GRANT UPDATE ON customer_import_logs TO core_worker;
--> statement-breakpoint
-- An export says in which pages of an import a person is named, and what waits for them.
GRANT SELECT ON customer_import_ids, parked_events TO core_api;
