-- Customers come unscored, and an entry for that cost an import as much as a quarter of the row. Who asks by segment asks
-- for a score.
DROP INDEX "idx_customers_merchant_segment";
--> statement-breakpoint
CREATE INDEX "idx_customers_merchant_segment" ON "customers" USING btree ("merchant_id",("rfm_score" ->> 'segment'),"id") WHERE "customers"."rfm_score" is not null;
