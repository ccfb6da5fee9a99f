-- crosses: shops
-- The connections that a webhook may belong to, the likeliest first: the proven one of this name, which its number must
-- fit, then that of the shop with this number, then an unproven one, without its merchant: the sender is asked to retry.
CREATE OR REPLACE FUNCTION public.connection_of_webhook(named varchar, numbered bigint)
RETURNS TABLE (merchant_id uuid, shop varchar, shop_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN c.shop_id IS NOT NULL THEN c.merchant_id END, c.shop, c.shop_id
    FROM public.shopify_connections c WHERE c.shop = $1 OR c.shop_id = $2
   ORDER BY c.shop_id IS NULL, (c.shop = $1) IS TRUE DESC
$$;

ALTER FUNCTION public.connection_of_webhook(varchar, bigint) OWNER TO core_definer;
REVOKE EXECUTE ON FUNCTION public.connection_of_webhook(varchar, bigint) FROM public;
GRANT EXECUTE ON FUNCTION public.connection_of_webhook(varchar, bigint) TO core_api;
