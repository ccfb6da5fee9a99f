-- oldest build: 0012
-- A privacy request by event may name its shop alone, as Shopify's own bodies do. The worker may read the domains of
-- connections, but not which of them are proven: by an unproven one a merchant would be named by whoever claims the shop.
GRANT EXECUTE ON FUNCTION connection_of_shop(varchar) TO core_worker;
