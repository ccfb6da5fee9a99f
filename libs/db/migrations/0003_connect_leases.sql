-- oldest build: 0002
-- No merchant and no row-level security: a grant retires the tokens of a shop, whichever merchant has them.
CREATE TABLE "connect_leases" (
	"shop" varchar PRIMARY KEY NOT NULL,
	"held_until" timestamp with time zone NOT NULL
);
-- The api takes a lease before a grant; the importer refreshes no tokens meanwhile.
GRANT SELECT, INSERT, UPDATE, DELETE ON connect_leases TO core_api;
GRANT SELECT ON connect_leases TO core_importer;
--> statement-breakpoint
ALTER TABLE "app_installations" ADD COLUMN "settled_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "scopes_at" timestamp with time zone;
-- The worker records changed scopes only when they are newer.
GRANT SELECT (scopes_at), UPDATE (scopes_at) ON shopify_connections TO core_worker;
-- The worker compares the number of a connected shop with its installations.
GRANT SELECT (shop_id) ON shop_directory TO core_worker;
