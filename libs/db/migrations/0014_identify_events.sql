-- oldest build: 0012
-- The inbox identifies an event by topic, source, id and merchant, and its content by a digest. The columns
-- are added and replace nothing: the build before this one continues to claim bare ids without a digest until
-- it is replaced, and this build recognises those claims. One text holds all parts, so the primary key stays
-- as it is: building another key would take minutes under a lock that every consumer waits for, and the build
-- before could neither claim with it nor park or unclaim the events that this build has parked.
ALTER TABLE "inbox_events" ADD COLUMN "digest" bytea;
--> statement-breakpoint
-- The outbox accepts only our two topics, each in its own place: otherwise a stolen role that appends events
-- could publish on any topic, including gdpr_request.created. Every segment inherits the constraint. NOT
-- VALID: waiting rows are not read under the lock, and the relay no longer reads the topic. The column is
-- dropped once no build writes it.
ALTER TABLE "outbox_events" ADD CONSTRAINT "ck_outbox_events_topic"
  CHECK (version >= 1 AND topic = CASE version WHEN 1 THEN 'customer.created' ELSE 'customer.updated' END) NOT VALID;
--> statement-breakpoint
-- A writer appends what has changed; the event's id and its time, which consumers and the relay use, are
-- generated.
REVOKE INSERT ON outbox_events FROM core_api, core_worker, core_importer;
--> statement-breakpoint
GRANT INSERT (segment, shard, topic, merchant_id, customer_id, version, changed_fields, origin, traceparent)
  ON outbox_events TO core_api, core_worker, core_importer;
