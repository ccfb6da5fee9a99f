-- oldest build: 0012
-- A connection counts once the shop has proven it: asked with the token, the shop returned its own number,
-- which is stored here. A connection without a number is unproven: it receives no webhook and no import, and
-- does not prevent another merchant from connecting the shop. Existing rows are unproven until an importer
-- has asked their shops. The build before this one still runs: connections that it makes are unproven too.
ALTER TABLE "shopify_connections" ADD COLUMN "shop_id" bigint;--> statement-breakpoint
-- One row per connected shop: the index over a few thousand rows takes milliseconds.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX "uq_shopify_connections_proven" ON "shopify_connections" USING btree ("shop") WHERE "shopify_connections"."shop_id" is not null;--> statement-breakpoint
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX "uq_shopify_connections_shop";--> statement-breakpoint
-- Looks up the connection for a webhook, which names the shop only. For a shop with unproven connections only
-- it returns one row without a merchant: the sender of the webhook is asked to retry.
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
-- Only for the build before this one, which stores webhooks with it.
CREATE OR REPLACE FUNCTION merchant_of_shop(shop varchar) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT merchant_id FROM public.connection_of_shop($1)
$$;
