-- The api writes a redaction down as pending while it takes Shopify's webhook, so that its thirty days are watched from
-- then on. When it came, when it is due and that it is done are not the api's to say here.
GRANT INSERT (merchant_id, request_id, kind, customer_id, receipt) ON privacy_requests TO core_api;
--> statement-breakpoint
-- Those that wait already, or were given up.
INSERT INTO privacy_requests (merchant_id, request_id, kind, receipt, received_at, due_at)
SELECT merchant_id, 'shopify:' || event_id, 'redact', '{}', received_at, received_at + interval '30 days'
  FROM webhook_events
 WHERE topic = 'customers/redact' AND (outcome IS NULL OR outcome = 'failed')
    ON CONFLICT DO NOTHING;
