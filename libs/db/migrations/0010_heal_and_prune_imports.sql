ALTER TABLE "customer_import_slices" ADD COLUMN "failing_since" timestamp with time zone;--> statement-breakpoint
CREATE INDEX "idx_customers_unindexed_email" ON "customers" USING btree ("merchant_id","email_hash","id") WHERE "customers"."email" is not null and "customers"."email_hash" is null;--> statement-breakpoint
CREATE INDEX "idx_customer_import_logs_broken_off" ON "customer_import_logs" USING btree ("finished_at") WHERE "customer_import_logs"."status" in ('cancelled', 'failed', 'incomplete');--> statement-breakpoint
-- Cursors held numbers of customers in clear, to notice circles; a cancelled run keeps its cursors.
UPDATE customer_import_slices SET cursor = regexp_replace(cursor, '(lasts\\*":)\[[0-9,]*\]', '\1[]') WHERE cursor LIKE '%lasts%';
--> statement-breakpoint
-- Who heals a shared email, or prunes an old run, takes back what the log says of it.
GRANT DELETE ON customer_import_errors TO core_importer;
