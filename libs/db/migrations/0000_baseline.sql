-- The schema of the first release, by feature: tables, what PostgreSQL must know beyond them, and the rights
-- of each app. Functions and triggers are in libs/db/functions.
--
-- Each app has a role with exactly the rights that it needs. The roles come without login; the deployment
-- gives them one with separate passwords (`ops migrate` does so from CORE_DB_*_PASSWORD). Roles belong to the
-- cluster: the migration of another database may have created them already, even at this moment. core_sealer
-- alone writes the seals of the audit log: a role that can write audit rows must not be able to vouch for
-- them. core_definer owns the functions that run with their owner's rights (SECURITY DEFINER).
DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['core_api', 'core_worker', 'core_importer', 'core_sealer', 'core_definer'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
END
$$;
-- SET allows the owner to give functions to it; INHERIT lets the owner replace them. The owner gains no
-- right.
GRANT core_definer TO current_user WITH INHERIT TRUE, SET TRUE;
CREATE EXTENSION IF NOT EXISTS pgcrypto;
-- An app compares its build with the migrations.
GRANT SELECT ON schema_migrations TO core_api, core_worker, core_importer, core_sealer;
--> statement-breakpoint
-- Customers -------------------------------------------------------------------------------------------------
CREATE TABLE "customers" (
	"id" uuid DEFAULT uuidv7() NOT NULL,
	"merchant_id" uuid NOT NULL,
	"external_id" varchar,
	"email" varchar,
	"email_hash" "bytea",
	"rfm_score" jsonb,
	"metadata" jsonb,
	"version" integer DEFAULT 1 NOT NULL,
	"content_hash" "bytea",
	"source_updated_at" timestamp with time zone,
	"deleted_at" timestamp with time zone,
	"erased_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	-- The clock's time and not the start of the transaction (ADR 12).
	"updated_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"merged_into" uuid,
	CONSTRAINT "idx_customers_merchant_id" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "uq_customers_merchant_email_hash" UNIQUE("merchant_id","email_hash"),
	CONSTRAINT "uq_customers_merchant_external_id" UNIQUE("merchant_id","external_id")
);
CREATE INDEX "idx_customers_rfm_score" ON "customers" USING gin ("rfm_score");
CREATE INDEX "idx_customers_merchant_segment" ON "customers" USING btree ("merchant_id",("rfm_score" ->> 'segment'),"id");
CREATE INDEX "idx_customers_merchant_updated_at" ON "customers" USING btree ("merchant_id","updated_at","id");
CREATE INDEX "idx_customers_merged_into" ON "customers" USING btree ("merchant_id","merged_into") WHERE "customers"."merged_into" is not null;
CREATE INDEX "idx_customers_unindexed_email" ON "customers" USING btree ("merchant_id","email_hash","id") WHERE "customers"."email" is not null and "customers"."email_hash" is null;
-- For lists by score ranges. Without statistics the planner expects one row in 200 or less of every range,
-- reads all of a merchant's customers and sorts them. The first few rows in the order of the index are
-- enough.
CREATE STATISTICS stat_customers_recency ON ((rfm_score ->> 'recency')::int) FROM customers;
CREATE STATISTICS stat_customers_frequency ON ((rfm_score ->> 'frequency')::int) FROM customers;
CREATE STATISTICS stat_customers_monetary ON ((rfm_score ->> 'monetary')::int) FROM customers;
-- No statistics of merchants: they contain nothing about a shop that was just connected. The planner then
-- considers any index of the merchant as good as that of an external id, and reads all rows of the merchant
-- for each row of a page (250 rows beside 20,000 new ones: 2.9 s, without statistics 1.5 ms). Without
-- statistics it expects each merchant to have a 200th of the table.
ALTER TABLE "customers" ALTER COLUMN "merchant_id" SET STATISTICS 0;
-- The worker inserts customers that webhooks describe.
GRANT SELECT, INSERT, UPDATE ON customers TO core_api, core_worker, core_importer;
GRANT SELECT ON customers TO core_definer;
--> statement-breakpoint
-- Program settings ------------------------------------------------------------------------------------------
CREATE TABLE "program_settings" (
	"id" uuid DEFAULT uuidv7() NOT NULL,
	"merchant_id" uuid PRIMARY KEY NOT NULL,
	"rfm_thresholds" jsonb NOT NULL,
	"config_version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
GRANT SELECT ON program_settings TO core_api, core_worker, core_importer;
GRANT INSERT, UPDATE ON program_settings TO core_api;
-- The redaction of a shop removes them.
GRANT DELETE ON program_settings TO core_worker;
--> statement-breakpoint
-- Events ----------------------------------------------------------------------------------------------------
-- The outbox has partitions: published rows are deleted, and a drained partition is truncated. A transaction
-- that holds xmin back therefore leaves at most the dead rows of one switch (ADR 3).
--
-- The checks bound what a stolen role can append. Only our two topics are allowed: otherwise it could publish
-- on any topic, including gdpr_request.created. A shard that no relay knows is never published. An event that
-- Kafka refuses for its size would be retried for ever, and every event after it would wait. A batch of 500
-- events within these limits stays below the megabyte that Kafka accepts; the sets of characters are those
-- that JSON and headers do not lengthen. The partition needs no check: no other partition exists.
CREATE TABLE "outbox_events" (
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "outbox_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"partition" smallint DEFAULT 0 NOT NULL,
	"shard" smallint NOT NULL,
	"event_id" uuid DEFAULT uuidv7() NOT NULL,
	"topic" varchar NOT NULL,
	"merchant_id" uuid NOT NULL,
	"customer_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"changed_fields" varchar[] NOT NULL,
	"origin" varchar NOT NULL,
	"traceparent" varchar,
	"occurred_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ck_outbox_events_topic" CHECK (version >= 1 AND topic = CASE version WHEN 1 THEN 'customer.created' ELSE 'customer.updated' END),
	CONSTRAINT "ck_outbox_events_shard" CHECK (shard BETWEEN 0 AND 3),
	CONSTRAINT "ck_outbox_events_changed_fields" CHECK (cardinality(changed_fields) <= 32 AND coalesce(array_ndims(changed_fields), 1) = 1
      AND octet_length(array_to_string(changed_fields, ',', '?')) <= 512
      AND array_to_string(changed_fields, ',', '?') ~ '^[a-z0-9_,]*$'),
	CONSTRAINT "ck_outbox_events_origin" CHECK (origin ~ '^[a-z_]{1,32}$'),
	CONSTRAINT "ck_outbox_events_traceparent" CHECK (traceparent ~ '^[0-9A-Za-z-]{0,128}$')
) PARTITION BY LIST ("partition");
CREATE TABLE "outbox_events_0" PARTITION OF "outbox_events" FOR VALUES IN (0);
CREATE TABLE "outbox_events_1" PARTITION OF "outbox_events" FOR VALUES IN (1);
CREATE TABLE "outbox_events_2" PARTITION OF "outbox_events" FOR VALUES IN (2);
CREATE INDEX "idx_outbox_events_shard" ON "outbox_events" USING btree ("shard","id");
CREATE TABLE "outbox_current_partition" (
	"partition" smallint PRIMARY KEY NOT NULL
);
INSERT INTO outbox_current_partition (partition) VALUES (0);
CREATE TABLE "outbox_shards" (
	"shard" smallint PRIMARY KEY NOT NULL,
	"owner" varchar,
	"fence" bigint DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone
);
INSERT INTO outbox_shards (shard) SELECT generate_series(0, 3);
-- Events that Kafka refuses permanently, complete: a dead letter could not hold the part that is too large.
CREATE TABLE "outbox_refused" (
	"event_id" uuid PRIMARY KEY NOT NULL,
	"event" jsonb NOT NULL,
	"error" varchar NOT NULL,
	"refused_at" timestamp with time zone DEFAULT now() NOT NULL
);
-- A writer states what has changed; the database generates the event's id and time, which consumers and the
-- relay use.
GRANT INSERT (partition, shard, topic, merchant_id, customer_id, version, changed_fields, origin, traceparent)
  ON outbox_events TO core_api, core_worker, core_importer;
GRANT SELECT, DELETE ON outbox_events TO core_worker;
-- The partitions by name: truncating one requires rights on the partition itself.
GRANT SELECT, DELETE, TRUNCATE ON outbox_events_0, outbox_events_1, outbox_events_2 TO core_worker;
GRANT SELECT ON outbox_current_partition TO core_api, core_worker, core_importer;
GRANT UPDATE ON outbox_current_partition TO core_worker;
GRANT SELECT, UPDATE ON outbox_shards TO core_worker;
GRANT SELECT, INSERT ON outbox_refused TO core_worker;

CREATE TABLE "inbox_events" (
	"consumer" varchar NOT NULL,
	"event_id" varchar NOT NULL,
	"processed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"digest" "bytea",
	CONSTRAINT "inbox_events_consumer_event_id_pk" PRIMARY KEY("consumer","event_id")
);
CREATE INDEX "idx_inbox_events_processed_at" ON "inbox_events" USING btree ("processed_at");
CREATE TABLE "parked_events" (
	"id" uuid DEFAULT uuidv7() NOT NULL,
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
	CONSTRAINT "parked_events_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "parked_events_merchant_consumer_event_id" UNIQUE("merchant_id","consumer","event_id")
);
CREATE INDEX "idx_parked_events_consumer" ON "parked_events" USING btree ("consumer","id");
CREATE INDEX "idx_parked_events_give_up_at" ON "parked_events" USING btree ("give_up_at");
CREATE TABLE "dead_letter_resolutions" (
	"topic" varchar NOT NULL,
	"partition" integer NOT NULL,
	"record_offset" bigint NOT NULL,
	"resolution" varchar NOT NULL,
	"actor" varchar NOT NULL,
	"resolved_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "dead_letter_resolutions_topic_partition_record_offset_pk" PRIMARY KEY("topic","partition","record_offset")
);
-- UPDATE on the inbox: to lock the rows that are pruned.
GRANT SELECT, INSERT, UPDATE, DELETE ON inbox_events, parked_events TO core_worker;
-- An export lists what waits for a person.
GRANT SELECT ON parked_events TO core_api;
GRANT SELECT, INSERT, UPDATE ON dead_letter_resolutions TO core_worker;
--> statement-breakpoint
-- Shops and imports -----------------------------------------------------------------------------------------
-- The owner of each shop, for callers that know only the shop, such as a webhook: one entry for each
-- connection, written in the connection's transaction. It is a separate table because it is looked up by shop
-- over all merchants, while the tables of merchants have keys that start with the merchant. A connection
-- counts once the shop has proven it: queried with the token, the shop returned its own number, which is
-- stored here and nowhere else. A connection without a number receives no webhook and no import, and does not
-- prevent another merchant from connecting the shop.
CREATE TABLE "shop_directory" (
	"shop" varchar NOT NULL,
	"merchant_id" uuid NOT NULL,
	"shop_id" bigint,
	CONSTRAINT "shop_directory_shop_merchant_id_pk" PRIMARY KEY("shop","merchant_id")
);
CREATE UNIQUE INDEX "uq_shop_directory_proven" ON "shop_directory" USING btree ("shop") WHERE "shop_directory"."shop_id" is not null;
-- Shopify sends the webhooks of a renamed shop under its new name. Until the connection is moved, the shop's
-- number finds it. Otherwise a redaction that arrives between the two would have no owner.
CREATE INDEX "idx_shop_directory_shop_id" ON "shop_directory" USING btree ("shop_id") WHERE "shop_directory"."shop_id" is not null;
-- DELETE by the api: a move gives the connection its new name.
GRANT SELECT, INSERT, UPDATE, DELETE ON shop_directory TO core_api;
GRANT SELECT ON shop_directory TO core_importer, core_definer;
GRANT UPDATE (shop_id) ON shop_directory TO core_importer;
-- The worker cannot read which connections are proven.
GRANT SELECT (merchant_id, shop), DELETE ON shop_directory TO core_worker;

CREATE TABLE "shopify_connections" (
	"merchant_id" uuid NOT NULL,
	"shop" varchar NOT NULL,
	"access_token" varchar NOT NULL,
	"refresh_token" varchar,
	"expires_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"refreshing_until" timestamp with time zone,
	CONSTRAINT "shopify_connections_merchant_id_shop_pk" PRIMARY KEY("merchant_id","shop")
);
-- Deferred, because a removal deletes the entry first, as every command does: two commands that meet then
-- wait for each other in one order.
ALTER TABLE "shopify_connections" ADD CONSTRAINT "shopify_connections_directory_fk" FOREIGN KEY ("merchant_id","shop") REFERENCES "public"."shop_directory"("merchant_id","shop") ON DELETE no action ON UPDATE no action DEFERRABLE INITIALLY DEFERRED;
-- DELETE by the api: a move gives the connection its new name.
GRANT SELECT, INSERT, UPDATE, DELETE ON shopify_connections TO core_api;
GRANT SELECT, UPDATE ON shopify_connections TO core_importer;
-- The worker cannot read tokens.
GRANT SELECT (merchant_id, shop), DELETE ON shopify_connections TO core_worker;

CREATE TABLE "import_schedules" (
	"merchant_id" uuid NOT NULL,
	"shop" varchar NOT NULL,
	"cron" varchar NOT NULL,
	"time_zone" varchar DEFAULT 'UTC' NOT NULL,
	"mode" varchar DEFAULT 'delta' NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"last_import_id" uuid,
	"last_error" varchar,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	-- The start of the last run does not show which firing was served. When the clock is put forward, an hourly
	-- schedule has two firings within a minute, and the run of the first looks like that of the second.
	"last_due_at" timestamp with time zone,
	CONSTRAINT "import_schedules_merchant_id_shop_pk" PRIMARY KEY("merchant_id","shop")
);
ALTER TABLE "import_schedules" ADD CONSTRAINT "import_schedules_merchant_id_shop_shopify_connections_merchant_id_shop_fk" FOREIGN KEY ("merchant_id","shop") REFERENCES "public"."shopify_connections"("merchant_id","shop") ON DELETE cascade ON UPDATE no action;
GRANT SELECT, INSERT, UPDATE, DELETE ON import_schedules TO core_api;
GRANT SELECT, UPDATE ON import_schedules TO core_importer;
GRANT SELECT, DELETE ON import_schedules TO core_worker;

CREATE TABLE "customer_import_logs" (
	"id" uuid DEFAULT uuidv7() NOT NULL,
	"merchant_id" uuid NOT NULL,
	"shop" varchar NOT NULL,
	"status" varchar DEFAULT 'pending' NOT NULL,
	"source" varchar DEFAULT 'auto' NOT NULL,
	"mode" varchar DEFAULT 'full' NOT NULL,
	"expected" bigint,
	"since" timestamp with time zone,
	"waiting_reason" varchar,
	"error" varchar,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	-- Counted once, at the end of the run. A status, its counters and its list of errors that were counted
	-- separately could disagree, and the list expires.
	"row_errors" jsonb,
	CONSTRAINT "customer_import_logs_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	CONSTRAINT "ck_customer_import_logs_status" CHECK ("customer_import_logs"."status" in ('pending', 'running', 'paused', 'cancelling', 'cancelled', 'completed', 'completed_with_errors', 'incomplete', 'failed'))
);
CREATE UNIQUE INDEX "uq_customer_import_logs_active" ON "customer_import_logs" USING btree ("merchant_id","shop") WHERE "customer_import_logs"."status" in ('pending', 'running', 'paused', 'cancelling');
CREATE INDEX "idx_customer_import_logs_broken_off" ON "customer_import_logs" USING btree ("finished_at") WHERE "customer_import_logs"."status" in ('cancelled', 'failed', 'incomplete');
CREATE TABLE "customer_import_slices" (
	"import_id" uuid NOT NULL,
	"slice" smallint NOT NULL,
	"merchant_id" uuid NOT NULL,
	"range" varchar DEFAULT '' NOT NULL,
	"cursor" varchar,
	"page" integer DEFAULT 0 NOT NULL,
	"done" boolean DEFAULT false NOT NULL,
	"fence" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"read" bigint DEFAULT 0 NOT NULL,
	"created" bigint DEFAULT 0 NOT NULL,
	"updated" bigint DEFAULT 0 NOT NULL,
	"unchanged" bigint DEFAULT 0 NOT NULL,
	"skipped" bigint DEFAULT 0 NOT NULL,
	"failed" bigint DEFAULT 0 NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"kind" varchar DEFAULT 'read' NOT NULL,
	"deleted" bigint DEFAULT 0 NOT NULL,
	"failing_since" timestamp with time zone,
	CONSTRAINT "customer_import_slices_merchant_id_import_id_slice_pk" PRIMARY KEY("merchant_id","import_id","slice"),
	CONSTRAINT "ck_customer_import_slices_kind" CHECK ("customer_import_slices"."kind" in ('plan', 'read', 'reconcile', 'ids', 'verify'))
);
ALTER TABLE "customer_import_slices" ADD CONSTRAINT "customer_import_slices_run_fk" FOREIGN KEY ("merchant_id","import_id") REFERENCES "public"."customer_import_logs"("merchant_id","id") ON DELETE no action ON UPDATE no action;
CREATE TABLE "customer_import_ids" (
	"import_id" uuid NOT NULL,
	"slice" smallint NOT NULL,
	"page" integer NOT NULL,
	"merchant_id" uuid NOT NULL,
	"ids" bigint[] NOT NULL,
	CONSTRAINT "customer_import_ids_merchant_id_import_id_slice_page_pk" PRIMARY KEY("merchant_id","import_id","slice","page")
);
ALTER TABLE "customer_import_ids" ADD CONSTRAINT "customer_import_ids_run_fk" FOREIGN KEY ("merchant_id","import_id") REFERENCES "public"."customer_import_logs"("merchant_id","id") ON DELETE no action ON UPDATE no action;
CREATE TABLE "customer_import_errors" (
	"id" uuid DEFAULT uuidv7() NOT NULL,
	"import_id" uuid NOT NULL,
	"merchant_id" uuid NOT NULL,
	"external_id" varchar NOT NULL,
	"reason" varchar NOT NULL,
	"occurred_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "customer_import_errors_merchant_id_import_id_id_pk" PRIMARY KEY("merchant_id","import_id","id")
);
CREATE INDEX "idx_customer_import_errors_id" ON "customer_import_errors" USING btree ("id");
CREATE UNIQUE INDEX "uq_customer_import_errors_once" ON "customer_import_errors" USING btree ("merchant_id","import_id","external_id","reason");
GRANT SELECT, INSERT, UPDATE ON customer_import_logs, customer_import_slices TO core_api, core_importer;
-- A finished bulk operation notifies its run, and the redaction of a shop ends its runs.
GRANT SELECT, UPDATE ON customer_import_logs, customer_import_slices TO core_worker;
GRANT SELECT, INSERT, DELETE ON customer_import_ids TO core_importer;
-- UPDATE: an erasure removes the person's id from these rows.
GRANT SELECT, UPDATE, DELETE ON customer_import_ids TO core_worker;
-- DELETE by the importer: restoring a shared email, or pruning an old run, removes its entries from the log.
GRANT SELECT, INSERT, DELETE ON customer_import_errors TO core_importer;
GRANT SELECT, DELETE ON customer_import_errors TO core_worker;
-- An export lists the pages of an import in which a person is named.
GRANT SELECT ON customer_import_ids, customer_import_errors TO core_api;
--> statement-breakpoint
-- Webhooks --------------------------------------------------------------------------------------------------
CREATE TABLE "webhook_events" (
	"id" uuid DEFAULT uuidv7() NOT NULL,
	"merchant_id" uuid NOT NULL,
	"shop" varchar NOT NULL,
	"topic" varchar NOT NULL,
	"event_id" varchar NOT NULL,
	"body" varchar,
	"attempts" integer DEFAULT 0 NOT NULL,
	"next_attempt_at" timestamp with time zone DEFAULT now() NOT NULL,
	"outcome" varchar,
	"error" varchar,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	-- A failed privacy webhook keeps its body until its request is served. Shopify numbers some requests
	-- differently from their webhooks.
	"request_id" varchar,
	-- Two webhooks of one event id may have different content. The body of a finished one is deleted, so its
	-- keyed hash shows whether it arrives again.
	"body_hash" "bytea",
	-- The marks tell an erasure which bodies it must decrypt: decrypting each of ten thousand took a second.
	"name_marks" integer[],
	CONSTRAINT "webhook_events_merchant_id_id_pk" PRIMARY KEY("merchant_id","id")
);
CREATE UNIQUE INDEX "uq_webhook_events_once" ON "webhook_events" USING btree ("merchant_id","shop","topic","event_id");
CREATE INDEX "idx_webhook_events_waiting" ON "webhook_events" USING btree ("merchant_id","shop","id") WHERE "webhook_events"."outcome" is null;
CREATE INDEX "idx_webhook_events_received_at" ON "webhook_events" USING btree ("received_at");
CREATE INDEX "idx_webhook_events_held" ON "webhook_events" USING btree ("merchant_id","id") WHERE "webhook_events"."body" is not null;
GRANT SELECT, INSERT ON webhook_events TO core_api;
-- A move gives the waiting webhooks of a shop its new name, and encrypts their bodies for it again.
GRANT UPDATE (shop, body) ON webhook_events TO core_api;
GRANT SELECT, UPDATE, DELETE ON webhook_events TO core_worker;
--> statement-breakpoint
-- Keys ------------------------------------------------------------------------------------------------------
CREATE TABLE "merchant_keys" (
	"merchant_id" uuid NOT NULL,
	"generation" integer NOT NULL,
	"data_key" varchar,
	"index_key" varchar,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"destroyed_at" timestamp with time zone,
	CONSTRAINT "merchant_keys_merchant_id_generation_pk" PRIMARY KEY("merchant_id","generation"),
	CONSTRAINT "ck_merchant_keys_destroyed" CHECK (("merchant_keys"."destroyed_at" is null) = ("merchant_keys"."data_key" is not null and "merchant_keys"."index_key" is not null))
);
CREATE TABLE "key_rotations" (
	"merchant_id" uuid NOT NULL,
	"generation" integer NOT NULL,
	"cursor" uuid,
	"rows" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	CONSTRAINT "key_rotations_merchant_id_generation_pk" PRIMARY KEY("merchant_id","generation")
);
GRANT SELECT, INSERT ON merchant_keys TO core_api, core_worker, core_importer;
-- The redaction of a shop destroys its keys.
GRANT UPDATE (data_key, index_key, destroyed_at) ON merchant_keys TO core_worker;
--> statement-breakpoint
-- Privacy ---------------------------------------------------------------------------------------------------
-- The redaction of a shop waits before it starts, can be cancelled until it is done, and is held when an
-- unusual number of them arrive within an hour. Rejected: a separate table. The columns describe the request
-- and end with it.
CREATE TABLE "privacy_requests" (
	"merchant_id" uuid NOT NULL,
	"request_id" varchar NOT NULL,
	"kind" varchar NOT NULL,
	"customer_id" uuid,
	"receipt" jsonb NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp with time zone,
	"due_at" timestamp with time zone DEFAULT now() + interval '30 days' NOT NULL,
	-- A data_request may arrive before the import that stores its person. Keyed hashes of the email and the
	-- external id that it names are kept, as in a tombstone, so that the export which answers it can search
	-- again.
	"named_email" "bytea",
	"named_external_id" "bytea",
	"not_before" timestamp with time zone,
	"held_at" timestamp with time zone,
	"confirmed_at" timestamp with time zone,
	"cancelled_at" timestamp with time zone,
	"cancel_reason" varchar,
	CONSTRAINT "privacy_requests_merchant_id_request_id_pk" PRIMARY KEY("merchant_id","request_id")
);
CREATE INDEX "idx_privacy_requests_pending" ON "privacy_requests" USING btree ("due_at") WHERE "privacy_requests"."completed_at" is null;
CREATE TABLE "erasure_tombstones" (
	"merchant_id" uuid NOT NULL,
	"kind" varchar NOT NULL,
	"hash" "bytea" NOT NULL,
	"request_id" varchar NOT NULL,
	"erased_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "erasure_tombstones_merchant_id_kind_hash_pk" PRIMARY KEY("merchant_id","kind","hash")
);
GRANT SELECT ON privacy_requests TO core_api;
-- The api records a redaction as pending when it accepts Shopify's webhook, so that its thirty days are
-- monitored from then on. The times of arrival, of the deadline and of completion are not the api's to set.
GRANT INSERT (merchant_id, request_id, kind, customer_id, receipt, named_email, named_external_id) ON privacy_requests TO core_api;
-- An export marks its request as answered, and stores the person that it found.
GRANT UPDATE (receipt, completed_at, customer_id) ON privacy_requests TO core_api;
GRANT SELECT, INSERT, UPDATE ON privacy_requests TO core_worker;
GRANT SELECT ON erasure_tombstones TO core_api, core_worker, core_importer;
GRANT INSERT ON erasure_tombstones TO core_worker;
--> statement-breakpoint
-- Audit -----------------------------------------------------------------------------------------------------
CREATE TABLE "audit_log" (
	"id" uuid DEFAULT uuidv7() NOT NULL,
	"merchant_id" uuid NOT NULL,
	"customer_id" uuid,
	"actor" varchar NOT NULL,
	"action" varchar NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"request_id" varchar NOT NULL,
	"occurred_at" timestamp with time zone DEFAULT now() NOT NULL,
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	-- One row names all customers whose emails a reply disclosed. With one row each, a caller within its quota
	-- wrote 250,000 rows a second (ADR 19). Stored uncompressed: random ids do not compress, and the attempt
	-- takes time.
	"customer_ids" uuid[] STORAGE EXTERNAL,
	CONSTRAINT "audit_log_merchant_id_id_pk" PRIMARY KEY("merchant_id","id"),
	-- A longer list could make a row that is larger than any reply, and ListAuditLog would stop there.
	CONSTRAINT "ck_audit_log_customers" CHECK ("audit_log"."customer_ids" is null or ("audit_log"."customer_id" is null and array_ndims("audit_log"."customer_ids") = 1
      and cardinality("audit_log"."customer_ids") between 2 and 1000
      and array_position("audit_log"."customer_ids", null) is null)),
	-- Seals cover the detail, and with it this digest. A stolen role must not be able to make the two differ.
	CONSTRAINT "ck_audit_log_customers_sha256" CHECK (("audit_log"."detail" ->> 'customers_sha256') is not distinct from
      (case when "audit_log"."customer_ids" is not null then encode(sha256(convert_to(array_to_string(customer_ids, ','), 'UTF8')), 'hex') end))
);
-- Without statistics: sampling lists of a thousand ids takes ANALYZE up to 8 s, and the one query of the
-- column uses its index in any case.
ALTER TABLE "audit_log" ALTER COLUMN "customer_ids" SET STATISTICS 0;
CREATE INDEX "idx_audit_log_customer" ON "audit_log" USING btree ("merchant_id","customer_id","id") WHERE "audit_log"."customer_id" is not null;
CREATE INDEX "idx_audit_log_xid" ON "audit_log" USING btree ("xid","id");
CREATE INDEX "idx_audit_log_customers" ON "audit_log" USING gin ("customer_ids") WITH (gin_pending_list_limit=1024) WHERE "audit_log"."customer_ids" is not null;
CREATE TABLE "audit_seals" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"from_xid" "xid8" NOT NULL,
	"to_xid" "xid8" NOT NULL,
	"rows" bigint NOT NULL,
	"rows_hash" "bytea" NOT NULL,
	"previous_hash" "bytea" NOT NULL,
	"hash" "bytea" NOT NULL,
	"sealed_at" timestamp with time zone DEFAULT now() NOT NULL
);
-- Only the owner changes an audit row. A role that appends one states what happened, not when. With a past
-- transaction of its choice a row would make a valid seal look broken, and with a future one it would never
-- be sealed.
GRANT INSERT (merchant_id, customer_id, actor, action, detail, request_id) ON audit_log TO core_api, core_worker, core_importer;
-- Only the api discloses emails.
GRANT INSERT (customer_ids) ON audit_log TO core_api;
GRANT SELECT ON audit_log TO core_api, core_sealer;
GRANT SELECT (id, merchant_id, customer_ids) ON audit_log TO core_definer;
GRANT SELECT, INSERT ON audit_seals TO core_sealer;
--> statement-breakpoint
-- Row-level security ----------------------------------------------------------------------------------------
-- The second barrier after the merchant in every statement (ADR 15). FORCE, because the policies must apply
-- to the tables' owner as well: a function of the owner without its merchant must say so in a policy. The api
-- sees and writes rows of the merchant that its transaction names in core.merchant_id, and none without one.
-- The importer, too, is restricted to the merchant that its transaction names, as those for pages, plans and
-- tokens do. Without a name it sees all merchants, because one statement distributes slices and reads
-- schedules of all. The other apps mix merchants in one statement (relay, consumers, sealing), and have
-- grants for exactly that. Not included are outbox_events, to which the api may only append and which the
-- relay moves, and key_rotations, which no app may touch. A plain `=`, which the planner recognizes as the
-- statement's own condition. Rejected: an array of one element, which it counts as a second condition. It
-- then expects one customer of each merchant, and any index of the merchant seems as good as the key.
DO $$
DECLARE
  carries_merchant text;
  named constant text := $named$nullif(current_setting('core.merchant_id', true), '')$named$;
  mine constant text := format('merchant_id = %s::uuid', named);
  mine_if_named constant text := format('%1$s IS NULL OR merchant_id = ANY (ARRAY[(%1$s)::uuid])', named);
BEGIN
  FOREACH carries_merchant IN ARRAY ARRAY[
    'customers', 'program_settings', 'merchant_keys', 'erasure_tombstones', 'privacy_requests', 'audit_log',
    'shop_directory', 'shopify_connections', 'import_schedules', 'customer_import_logs', 'customer_import_slices',
    'customer_import_ids', 'customer_import_errors', 'webhook_events', 'parked_events'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', carries_merchant);
    EXECUTE format('CREATE POLICY of_its_merchant ON %I TO core_api USING (%s) WITH CHECK (%s)',
                   carries_merchant, mine, mine);
    EXECUTE format('CREATE POLICY of_its_merchant_if_named ON %I TO core_importer USING (%s) WITH CHECK (%s)',
                   carries_merchant, mine_if_named, mine_if_named);
    EXECUTE format('CREATE POLICY of_all_merchants ON %I TO core_worker, core_sealer, current_user'
                   ' USING (true) WITH CHECK (true)', carries_merchant);
  END LOOP;
END
$$;
-- core_definer, which owns no table, would see nothing without a separate policy.
CREATE POLICY of_all_merchants_to_read ON customers FOR SELECT TO core_definer USING (true);
CREATE POLICY of_all_merchants_to_read ON shop_directory FOR SELECT TO core_definer USING (true);
CREATE POLICY of_all_merchants_to_read ON audit_log FOR SELECT TO core_definer USING (true);
