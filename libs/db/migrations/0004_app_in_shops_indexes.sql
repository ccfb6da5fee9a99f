-- oldest build: 0002
-- no transaction
CREATE INDEX CONCURRENTLY "idx_shopify_connections_webhooks_due" ON "shopify_connections" USING btree ("webhooks_due_at" NULLS FIRST);--> statement-breakpoint
CREATE INDEX CONCURRENTLY "idx_shopify_connections_reconcile_due" ON "shopify_connections" USING btree ("reconcile_due_at" NULLS FIRST);
