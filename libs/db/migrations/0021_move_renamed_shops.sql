-- oldest build: 0012
-- Shopify sends the webhooks of a renamed shop under its new name: until its connection is moved there, the
-- shop's number finds it. Otherwise a redaction that comes between the two would be nobody's.
-- One row per connected shop: the index over a few thousand rows takes milliseconds.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX "idx_shopify_connections_shop_id" ON "shopify_connections" USING btree ("shop_id") WHERE "shopify_connections"."shop_id" is not null;
--> statement-breakpoint
-- The connections that a webhook may belong to, the likeliest first: the proven one of this name, which its
-- number must fit, then that of the shop with this number, then an unproven one, without its merchant: the sender
-- is asked to retry. The build before this one calls connection_of_shop.
CREATE FUNCTION public.connection_of_webhook(named varchar, numbered bigint)
RETURNS TABLE (merchant_id uuid, shop varchar, shop_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN c.shop_id IS NOT NULL THEN c.merchant_id END, c.shop, c.shop_id
    FROM public.shopify_connections c WHERE c.shop = $1 OR c.shop_id = $2
   ORDER BY c.shop_id IS NULL, (c.shop = $1) IS TRUE DESC
$$;
--> statement-breakpoint
-- The new owner of a function needs CREATE on its schema; it has that right for the time of this transaction
-- only.
GRANT CREATE ON SCHEMA public TO core_definer;
--> statement-breakpoint
ALTER FUNCTION public.connection_of_webhook(varchar, bigint) OWNER TO core_definer;
--> statement-breakpoint
REVOKE CREATE ON SCHEMA public FROM core_definer;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION public.connection_of_webhook(varchar, bigint) FROM public;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION public.connection_of_webhook(varchar, bigint) TO core_api;
--> statement-breakpoint
-- A move gives the connection, and what waits of its webhooks, their new name; bodies are sealed for it anew.
GRANT DELETE ON shopify_connections TO core_api;
--> statement-breakpoint
GRANT UPDATE (shop, body) ON webhook_events TO core_api;
--> statement-breakpoint
-- A privacy webhook that was given up keeps its body until its request is served; Shopify numbers some requests
-- otherwise than their webhooks. Rows of an earlier build have none, and their requests bear the id of the event.
ALTER TABLE "webhook_events" ADD COLUMN "request_id" varchar;
--> statement-breakpoint
-- How many customers a run did not store as they came, by reason, counted once at its end: a status, its counters
-- and its list of errors that were counted apart could disagree, and the list goes in time. Runs of the build
-- before this one have none.
ALTER TABLE "customer_import_logs" ADD COLUMN "row_errors" jsonb;
