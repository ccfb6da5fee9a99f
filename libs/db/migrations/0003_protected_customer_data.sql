-- oldest build: 0002
ALTER TABLE "customer_import_logs" ADD COLUMN "emails_withheld" boolean;--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "customer_access" varchar;
-- The worker applies webhooks, whose null emails are no values while Shopify withholds emails. It still
-- cannot read tokens.
GRANT SELECT (customer_access) ON shopify_connections TO core_worker;
