-- oldest build: 0000
-- no transaction
CREATE INDEX CONCURRENTLY "idx_shop_directory_merchant" ON "shop_directory" USING btree ("merchant_id","shop");
--> statement-breakpoint
CREATE INDEX CONCURRENTLY "idx_webhook_events_uninstalls" ON "webhook_events" USING btree ("merchant_id","shop") WHERE "webhook_events"."outcome" is null and "webhook_events"."topic" = 'app/uninstalled';
