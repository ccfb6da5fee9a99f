-- crosses: shops
-- Returns the merchant of a shop, for a privacy request that names only its shop. For a shop that has only
-- unproven connections it returns one row without a merchant: any caller can claim a shop, so an unproven
-- connection must not reveal a merchant.
CREATE OR REPLACE FUNCTION public.connection_of_shop(shop varchar) RETURNS TABLE (merchant_id uuid, shop_id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN d.shop_id IS NOT NULL THEN d.merchant_id END, d.shop_id
    FROM public.shop_directory d WHERE d.shop = $1
   ORDER BY d.shop_id NULLS LAST LIMIT 1
$$;

ALTER FUNCTION public.connection_of_shop(varchar) OWNER TO core_definer;
REVOKE EXECUTE ON FUNCTION public.connection_of_shop(varchar) FROM public;
-- The worker may read the domains of connections, but not which of them are proven.
GRANT EXECUTE ON FUNCTION public.connection_of_shop(varchar) TO core_api, core_worker;
