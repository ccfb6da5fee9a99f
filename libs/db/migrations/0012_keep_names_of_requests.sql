-- A data_request may come before the import that stores its person. What it named them by is kept as keyed hashes, as in a
-- tombstone, so that whoever answers it can look again. Requests that wait from before have none: they know whom they found.
ALTER TABLE "privacy_requests" ADD COLUMN "named_email" "bytea";--> statement-breakpoint
ALTER TABLE "privacy_requests" ADD COLUMN "named_external_id" "bytea";--> statement-breakpoint
-- Who is found at last is written down by the export that answers.
GRANT UPDATE (customer_id) ON privacy_requests TO core_api;
--> statement-breakpoint
-- As the columns that it fills already when it takes a webhook.
GRANT INSERT (named_email, named_external_id) ON privacy_requests TO core_api;
