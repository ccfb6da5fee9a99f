-- oldest build: 0004
ALTER TABLE "shopify_connections" ADD COLUMN "time_zone" varchar;
-- A merchant cancels the erasure of a shop through the api while it waits.
GRANT UPDATE (cancelled_at, cancel_reason) ON privacy_requests TO core_api;
-- The state of the seals is shown to merchants. A seal names no merchant and no person.
GRANT SELECT ON audit_seals TO core_api;
