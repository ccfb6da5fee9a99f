-- oldest build: 0012
-- The inbox knows an event by topic, source, id and merchant, and what it said by a digest. Added, not put in place of
-- what is there: the build before this one goes on claiming bare ids without a digest until it is replaced, and what it
-- claimed is known to this one. One text holds all parts, so the primary key stays as it is: another would be built for
-- minutes under a lock that every consumer waits for, and the build before could neither claim by it nor park nor
-- unclaim what this one has parked.
ALTER TABLE "inbox_events" ADD COLUMN "digest" bytea;
--> statement-breakpoint
-- The outbox takes the two topics of ours alone, each where it belongs: whoever has stolen a role that appends events
-- could publish on any topic otherwise, gdpr_request.created included. Inherited by every segment. NOT VALID: rows that
-- wait are not read under the lock, and the relay reads no topic any more. The column goes once no build writes it.
ALTER TABLE "outbox_events" ADD CONSTRAINT "ck_outbox_events_topic"
  CHECK (version >= 1 AND topic = CASE version WHEN 1 THEN 'customer.created' ELSE 'customer.updated' END) NOT VALID;
--> statement-breakpoint
-- Whoever appends says what has changed, not the event's id nor when it happened, by which consumers and the relay go.
REVOKE INSERT ON outbox_events FROM core_api, core_worker, core_importer;
--> statement-breakpoint
GRANT INSERT (segment, shard, topic, merchant_id, customer_id, version, changed_fields, origin, traceparent)
  ON outbox_events TO core_api, core_worker, core_importer;
