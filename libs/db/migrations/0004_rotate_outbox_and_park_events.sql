-- The outbox in segments: published rows are deleted, and a drained segment is truncated, so that a transaction
-- that holds xmin back leaves no more dead rows than one rotation makes (ADR 3). Events that wait move along. The
-- default is for the build before this one, which goes on writing until it is replaced and names no segment.
ALTER TABLE "outbox_events" RENAME TO "outbox_events_unsegmented";
--> statement-breakpoint
ALTER SEQUENCE "outbox_events_id_seq" RENAME TO "outbox_events_unsegmented_id_seq";
--> statement-breakpoint
DROP INDEX "idx_outbox_events_shard";
--> statement-breakpoint
CREATE TABLE "outbox_events" (
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "outbox_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"segment" smallint DEFAULT 0 NOT NULL,
	"shard" smallint NOT NULL,
	"event_id" uuid DEFAULT uuidv7() NOT NULL,
	"topic" varchar NOT NULL,
	"merchant_id" uuid NOT NULL,
	"customer_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"changed_fields" varchar[] NOT NULL,
	"origin" varchar NOT NULL,
	"traceparent" varchar,
	"occurred_at" timestamp with time zone DEFAULT now() NOT NULL
) PARTITION BY LIST ("segment");
--> statement-breakpoint
CREATE TABLE "outbox_events_0" PARTITION OF "outbox_events" FOR VALUES IN (0);
--> statement-breakpoint
CREATE TABLE "outbox_events_1" PARTITION OF "outbox_events" FOR VALUES IN (1);
--> statement-breakpoint
CREATE TABLE "outbox_events_2" PARTITION OF "outbox_events" FOR VALUES IN (2);
--> statement-breakpoint
CREATE INDEX "idx_outbox_events_shard" ON "outbox_events" USING btree ("shard","id");
--> statement-breakpoint
INSERT INTO "outbox_events" (segment, shard, event_id, topic, merchant_id, customer_id, version, changed_fields, origin, occurred_at)
SELECT 0, shard, event_id, topic, merchant_id, customer_id, version, changed_fields, origin, occurred_at
  FROM "outbox_events_unsegmented" ORDER BY id;
--> statement-breakpoint
DROP TABLE "outbox_events_unsegmented";
--> statement-breakpoint
CREATE TABLE "outbox_rotation" (
	"segment" smallint PRIMARY KEY NOT NULL
);
--> statement-breakpoint
INSERT INTO outbox_rotation (segment) VALUES (0);
--> statement-breakpoint
CREATE TABLE "parked_events" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"consumer" varchar NOT NULL,
	"event_id" varchar NOT NULL,
	"topic" varchar NOT NULL,
	"partition" integer NOT NULL,
	"record_offset" bigint NOT NULL,
	"headers" jsonb NOT NULL,
	"body" jsonb NOT NULL,
	"merchant_id" uuid NOT NULL,
	"customer_id" uuid NOT NULL,
	"attempts" integer DEFAULT 1 NOT NULL,
	"parked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"give_up_at" timestamp with time zone NOT NULL,
	CONSTRAINT "parked_events_consumer_event_id" UNIQUE("consumer","event_id")
);
--> statement-breakpoint
CREATE INDEX "idx_parked_events_give_up_at" ON "parked_events" USING btree ("give_up_at");
--> statement-breakpoint
CREATE TABLE "dead_letter_resolutions" (
	"topic" varchar NOT NULL,
	"partition" integer NOT NULL,
	"record_offset" bigint NOT NULL,
	"resolution" varchar NOT NULL,
	"actor" varchar NOT NULL,
	"resolved_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "dead_letter_resolutions_topic_partition_record_offset_pk" PRIMARY KEY("topic","partition","record_offset")
);
--> statement-breakpoint
GRANT INSERT ON outbox_events TO core_api, core_worker, core_importer;
--> statement-breakpoint
GRANT SELECT ON outbox_rotation TO core_api, core_worker, core_importer;
--> statement-breakpoint
GRANT SELECT, DELETE ON outbox_events TO core_worker;
--> statement-breakpoint
-- The leaves by name: emptying one asks for rights on itself.
GRANT SELECT, DELETE, TRUNCATE ON outbox_events_0, outbox_events_1, outbox_events_2 TO core_worker;
--> statement-breakpoint
GRANT UPDATE ON outbox_rotation TO core_worker;
--> statement-breakpoint
-- UPDATE on the inbox: to lock the rows that are pruned.
GRANT UPDATE ON inbox_events TO core_worker;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON parked_events TO core_worker;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE ON dead_letter_resolutions TO core_worker;
