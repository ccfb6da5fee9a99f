-- oldest build: 0000
ALTER TABLE "customer_import_logs" ADD COLUMN "trigger" varchar;--> statement-breakpoint
ALTER TABLE "customer_import_slices" ADD COLUMN "missed" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "webhooks_due_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "webhook_problems" varchar[];--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "reconcile_due_at" timestamp with time zone;
-- A change of the granted scopes, which the worker records, makes the check of the webhooks due.
GRANT UPDATE (webhooks_due_at) ON shopify_connections TO core_worker;
-- A change whose webhook still waits was not missed. The importer reads no body.
GRANT SELECT (merchant_id, shop, outcome, triggered_at, received_at) ON webhook_events TO core_importer;
