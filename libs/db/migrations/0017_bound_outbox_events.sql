-- oldest build: 0012
-- A stolen role that appends events could append one that Kafka refuses for its size, and the relay would try
-- it for ever: every event behind it in its shard would wait. A shard that no relay knows is never published.
-- A batch of 500 events within these limits stays below the megabyte that Kafka accepts; the sets of
-- characters are those that JSON and headers do not lengthen. Our own events name 4 fields. Segments need no
-- check: there is no partition for another. NOT VALID: waiting rows are not read under the lock; the relay
-- sets aside those that Kafka refuses. Every segment inherits the constraints.
ALTER TABLE "outbox_events"
  ADD CONSTRAINT "ck_outbox_events_shard" CHECK (shard BETWEEN 0 AND 3) NOT VALID,
  ADD CONSTRAINT "ck_outbox_events_changed_fields"
    CHECK (cardinality(changed_fields) <= 32 AND coalesce(array_ndims(changed_fields), 1) = 1
      AND octet_length(array_to_string(changed_fields, ',', '?')) <= 512
      AND array_to_string(changed_fields, ',', '?') ~ '^[a-z0-9_,]*$') NOT VALID,
  ADD CONSTRAINT "ck_outbox_events_origin" CHECK (origin ~ '^[a-z_]{1,32}$') NOT VALID,
  ADD CONSTRAINT "ck_outbox_events_traceparent" CHECK (traceparent ~ '^[0-9A-Za-z-]{0,128}$') NOT VALID;
--> statement-breakpoint
-- Events that Kafka refuses for good, whole: a dead letter could not hold the part that is too large.
CREATE TABLE "outbox_refused" (
	"id" bigint PRIMARY KEY NOT NULL,
	"event" jsonb NOT NULL,
	"error" varchar NOT NULL,
	"refused_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
GRANT SELECT, INSERT ON outbox_refused TO core_worker;
