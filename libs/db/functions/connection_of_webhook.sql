-- crosses: shops
-- Returns the connections that a webhook may belong to, the most likely first. First comes the proven
-- connection with this name; the caller checks that its number matches. Then comes the connection of the shop
-- with this number, then an unproven connection, without its merchant: the sender is asked to retry.
CREATE OR REPLACE FUNCTION public.connection_of_webhook(named varchar, numbered bigint)
RETURNS TABLE (merchant_id uuid, shop varchar, shop_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN d.shop_id IS NOT NULL THEN d.merchant_id END, d.shop, d.shop_id
    FROM public.shop_directory d WHERE d.shop = $1 OR d.shop_id = $2
   ORDER BY d.shop_id IS NULL, (d.shop = $1) IS TRUE DESC
$$;

ALTER FUNCTION public.connection_of_webhook(varchar, bigint) OWNER TO core_definer;
REVOKE EXECUTE ON FUNCTION public.connection_of_webhook(varchar, bigint) FROM public;
-- The importer calls it before it proves a connection, to check whether another merchant has the shop. The
-- worker calls it to find the merchant of the shop number in a privacy request.
GRANT EXECUTE ON FUNCTION public.connection_of_webhook(varchar, bigint) TO core_api, core_importer, core_worker;
