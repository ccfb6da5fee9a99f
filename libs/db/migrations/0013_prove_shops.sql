-- oldest build: 0012
-- A connection counts once the shop itself, asked with the token, has said which shop it is: its number is kept here.
-- Without one a connection is unproven: it receives no webhook and no import, and keeps nobody else from the shop.
-- Rows from before are unproven until an importer has asked their shops. The build before this one still runs: what it
-- connects is unproven, too.
ALTER TABLE "shopify_connections" ADD COLUMN "shop_id" bigint;--> statement-breakpoint
-- One row per connected shop: a few thousand, in milliseconds.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX "uq_shopify_connections_proven" ON "shopify_connections" USING btree ("shop") WHERE "shopify_connections"."shop_id" is not null;--> statement-breakpoint
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX "uq_shopify_connections_shop";--> statement-breakpoint
-- For a webhook, of which the shop alone is known. Of a shop that has unproven connections only, one row without a
-- merchant: whoever sent the webhook is told to send it again.
CREATE FUNCTION connection_of_shop(shop varchar) RETURNS TABLE (merchant_id uuid, shop_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN c.shop_id IS NOT NULL THEN c.merchant_id END, c.shop_id
    FROM public.shopify_connections c WHERE c.shop = $1
   ORDER BY c.shop_id NULLS LAST LIMIT 1
$$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION connection_of_shop(varchar) FROM public;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION connection_of_shop(varchar) TO core_api;
--> statement-breakpoint
-- For the build before this one alone, which stores webhooks by it.
CREATE OR REPLACE FUNCTION merchant_of_shop(shop varchar) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT merchant_id FROM public.connection_of_shop($1)
$$;
