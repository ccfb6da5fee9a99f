-- The api writes a redaction down as pending while it takes Shopify's webhook, so that its thirty days are watched from
-- then on. When it came, when it is due and that it is done are not the api's to say here.
GRANT INSERT (merchant_id, request_id, kind, customer_id, receipt) ON privacy_requests TO core_api;
