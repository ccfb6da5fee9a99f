-- oldest build: 0002
-- No merchant and no row-level security: a grant retires the tokens of a shop, whichever merchant has them.
CREATE TABLE "connect_leases" (
	"shop" varchar PRIMARY KEY NOT NULL,
	"held_until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "segment_syncs" (
	"id" uuid DEFAULT uuidv7() NOT NULL,
	"merchant_id" uuid NOT NULL,
	"shop" varchar NOT NULL,
	"state" varchar DEFAULT 'on' NOT NULL,
	"cleared_at" timestamp with time zone,
	"settles_at" timestamp with time zone,
	"defined_at" timestamp with time zone,
	"changed_at" timestamp with time zone DEFAULT 'epoch' NOT NULL,
	"changed_id" uuid DEFAULT '00000000-0000-0000-0000-000000000000' NOT NULL,
	"customers_written" bigint DEFAULT 0 NOT NULL,
	"customers_refused" bigint DEFAULT 0 NOT NULL,
	"completed_at" timestamp with time zone,
	"last_error" varchar,
	"failures" integer DEFAULT 0 NOT NULL,
	"next_at" timestamp with time zone DEFAULT now() NOT NULL,
	"fence" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "segment_syncs_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "ck_segment_syncs_state" CHECK ("segment_syncs"."state" in ('on', 'off', 'ended'))
);
--> statement-breakpoint
CREATE TABLE "segment_writes" (
	"merchant_id" uuid NOT NULL,
	"sync_id" uuid NOT NULL,
	"customer_id" uuid NOT NULL,
	"shop" varchar NOT NULL,
	"shop_customer" bigint NOT NULL,
	"written_segment" varchar,
	"written_score" varchar,
	"refused" varchar,
	CONSTRAINT "segment_writes_merchant_id_sync_id_customer_id_pk" PRIMARY KEY("merchant_id","sync_id","customer_id")
);
--> statement-breakpoint
ALTER TABLE "customer_import_logs" ADD COLUMN "trigger" varchar;--> statement-breakpoint
ALTER TABLE "customer_import_logs" ADD COLUMN "emails_withheld" boolean;--> statement-breakpoint
ALTER TABLE "customer_import_slices" ADD COLUMN "missed" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "app_installations" ADD COLUMN "settled_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "scopes_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "customer_access" varchar;--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "refused_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "webhooks_due_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "webhook_problems" varchar[];--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "answered_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "is_refused" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "reconcile_due_at" timestamp with time zone;--> statement-breakpoint
CREATE UNIQUE INDEX "uq_segment_syncs_shop" ON "segment_syncs" USING btree ("merchant_id","shop") WHERE "segment_syncs"."state" <> 'ended';--> statement-breakpoint
CREATE INDEX "idx_segment_syncs_next_at" ON "segment_syncs" USING btree ("next_at");--> statement-breakpoint
-- The api takes a lease before a grant; the importer refreshes no tokens meanwhile.
GRANT SELECT, INSERT, UPDATE, DELETE ON connect_leases TO core_api;
GRANT SELECT ON connect_leases TO core_importer;
-- The worker records changed scopes only when they are newer, which makes the check of the webhooks due. It
-- applies webhooks, whose null emails are no values while Shopify withholds emails. It cannot read tokens.
GRANT SELECT (scopes_at, customer_access, webhooks_due_at, answered_at, is_refused), UPDATE (scopes_at, webhooks_due_at) ON shopify_connections TO core_worker;
-- The worker compares the number of a connected shop with its installations.
GRANT SELECT (shop_id) ON shop_directory TO core_worker;
-- A change whose webhook still waits was not missed. The importer reads no body.
GRANT SELECT (merchant_id, shop, outcome, triggered_at, received_at) ON webhook_events TO core_importer;
-- The api turns the writing on and off, shows it, and moves it with a renamed shop.
GRANT SELECT, INSERT, UPDATE (state, shop, cleared_at, fence, lease_until, next_at, last_error) ON segment_syncs TO core_api;
GRANT SELECT (merchant_id, shop), UPDATE (shop) ON segment_writes TO core_api;
-- The worker ends it with the connection, and removes it with the data of a person or a shop.
GRANT SELECT, UPDATE (state, fence, lease_until, next_at), DELETE ON segment_syncs TO core_worker;
GRANT SELECT, UPDATE (written_segment, written_score), DELETE ON segment_writes TO core_worker;
GRANT SELECT, UPDATE, DELETE ON segment_syncs TO core_importer;
GRANT SELECT, INSERT, UPDATE, DELETE ON segment_writes TO core_importer;
--> statement-breakpoint
-- The policies of the baseline.
DO $$
DECLARE
  carries_merchant text;
  named constant text := $named$nullif(current_setting('core.merchant_id', true), '')$named$;
  mine constant text := format('merchant_id = %s::uuid', named);
  mine_if_named constant text := format('%1$s IS NULL OR merchant_id = ANY (ARRAY[(%1$s)::uuid])', named);
BEGIN
  FOREACH carries_merchant IN ARRAY ARRAY['segment_syncs', 'segment_writes'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', carries_merchant);
    EXECUTE format('CREATE POLICY of_its_merchant ON %I TO core_api USING (%s) WITH CHECK (%s)',
                   carries_merchant, mine, mine);
    EXECUTE format('CREATE POLICY of_its_merchant_if_named ON %I TO core_importer USING (%s) WITH CHECK (%s)',
                   carries_merchant, mine_if_named, mine_if_named);
    EXECUTE format('CREATE POLICY of_all_merchants ON %I TO core_worker, core_sealer, current_user'
                   ' USING (true) WITH CHECK (true)', carries_merchant);
  END LOOP;
END
$$;
