-- oldest build: 0012
-- no transaction
-- Rows of a single customer, or of none, are not in it.
CREATE INDEX CONCURRENTLY "idx_audit_log_customers" ON "audit_log" USING gin ("customer_ids") WITH (gin_pending_list_limit=1024) WHERE "audit_log"."customer_ids" is not null;
