-- oldest build: 0000
-- No merchant and no row-level security: Shopify also reports shops that no merchant has connected, and a row
-- outlives the data of its shop. It contains a shop's number, times and a count. Rows are never deleted:
-- without its count, a later shop/redact would be assigned to the wrong installation.
CREATE TABLE "app_installations" (
	"shop_id" bigint PRIMARY KEY NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	"uninstalled_at" timestamp with time zone NOT NULL,
	"unredacted" timestamp with time zone[] NOT NULL,
	"redacted_at" timestamp with time zone
);
-- The api records the uninstall of a shop that no merchant has connected, and compares a new connection with
-- the latest uninstall. The worker applies the webhooks of connected shops.
GRANT SELECT, INSERT, UPDATE ON app_installations TO core_api, core_worker;
--> statement-breakpoint
CREATE TABLE "used_install_links" (
	"merchant_id" uuid NOT NULL,
	"link_id" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "used_install_links_merchant_id_link_id_pk" PRIMARY KEY("merchant_id","link_id")
);
GRANT SELECT, INSERT, DELETE ON used_install_links TO core_api;
ALTER TABLE "used_install_links" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY of_its_merchant ON used_install_links TO core_api
  USING (merchant_id = nullif(current_setting('core.merchant_id', true), '')::uuid)
  WITH CHECK (merchant_id = nullif(current_setting('core.merchant_id', true), '')::uuid);
CREATE POLICY of_all_merchants ON used_install_links TO current_user USING (true) WITH CHECK (true);
--> statement-breakpoint
ALTER TABLE "webhook_events" ADD COLUMN "triggered_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shop_directory" ADD COLUMN "generation" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "shop_directory" ADD COLUMN "proven_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shop_directory" ADD COLUMN "ended_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shop_directory" ADD COLUMN "end_reason" varchar;
-- The worker ends a connection, and compares the time of its proof with that of an uninstall.
GRANT SELECT (generation, proven_at, ended_at, end_reason), UPDATE (generation, ended_at, end_reason) ON shop_directory TO core_worker;
GRANT UPDATE (proven_at) ON shop_directory TO core_importer;
--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "scopes" varchar[];--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "plan" varchar;
-- The worker records changed scopes. It still cannot read tokens.
GRANT SELECT (scopes), UPDATE (scopes, updated_at) ON shopify_connections TO core_worker;
