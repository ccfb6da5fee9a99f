CREATE TABLE "customers" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
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
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "uq_customers_merchant_email_hash" UNIQUE("merchant_id","email_hash"),
	CONSTRAINT "uq_customers_merchant_external_id" UNIQUE("merchant_id","external_id")
);
--> statement-breakpoint
CREATE TABLE "inbox_events" (
	"consumer" varchar NOT NULL,
	"event_id" varchar NOT NULL,
	"processed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "inbox_events_consumer_event_id_pk" PRIMARY KEY("consumer","event_id")
);
--> statement-breakpoint
CREATE TABLE "outbox_events" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "outbox_events_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"shard" smallint NOT NULL,
	"event_id" uuid DEFAULT uuidv7() NOT NULL,
	"topic" varchar NOT NULL,
	"merchant_id" uuid NOT NULL,
	"customer_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"changed_fields" varchar[] NOT NULL,
	"origin" varchar NOT NULL,
	"occurred_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox_shards" (
	"shard" smallint PRIMARY KEY NOT NULL,
	"owner" varchar,
	"fence" bigint DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "customer_import_errors" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"import_id" uuid NOT NULL,
	"merchant_id" uuid NOT NULL,
	"external_id" varchar NOT NULL,
	"reason" varchar NOT NULL,
	"occurred_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "customer_import_logs" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
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
	CONSTRAINT "ck_customer_import_logs_status" CHECK ("customer_import_logs"."status" in ('pending', 'running', 'paused', 'cancelling', 'cancelled', 'completed', 'completed_with_errors', 'incomplete', 'failed'))
);
--> statement-breakpoint
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
	CONSTRAINT "customer_import_slices_import_id_slice_pk" PRIMARY KEY("import_id","slice")
);
--> statement-breakpoint
CREATE TABLE "shopify_connections" (
	"merchant_id" uuid NOT NULL,
	"shop" varchar NOT NULL,
	"access_token" varchar NOT NULL,
	"refresh_token" varchar,
	"expires_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "shopify_connections_merchant_id_shop_pk" PRIMARY KEY("merchant_id","shop")
);
--> statement-breakpoint
CREATE TABLE "audit_log" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"merchant_id" uuid NOT NULL,
	"customer_id" uuid,
	"actor" varchar NOT NULL,
	"action" varchar NOT NULL,
	"detail" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"request_id" varchar NOT NULL,
	"occurred_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "erasure_tombstones" (
	"merchant_id" uuid NOT NULL,
	"kind" varchar NOT NULL,
	"hash" "bytea" NOT NULL,
	"request_id" varchar NOT NULL,
	"erased_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "erasure_tombstones_merchant_id_kind_hash_pk" PRIMARY KEY("merchant_id","kind","hash")
);
--> statement-breakpoint
CREATE TABLE "merchant_keys" (
	"merchant_id" uuid NOT NULL,
	"generation" integer NOT NULL,
	"data_key" varchar NOT NULL,
	"index_key" varchar NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "merchant_keys_merchant_id_generation_pk" PRIMARY KEY("merchant_id","generation")
);
--> statement-breakpoint
CREATE TABLE "privacy_requests" (
	"merchant_id" uuid NOT NULL,
	"request_id" varchar NOT NULL,
	"kind" varchar NOT NULL,
	"customer_id" uuid,
	"receipt" jsonb NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"completed_at" timestamp with time zone,
	CONSTRAINT "privacy_requests_merchant_id_request_id_pk" PRIMARY KEY("merchant_id","request_id")
);
--> statement-breakpoint
CREATE TABLE "program_settings" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
	"merchant_id" uuid NOT NULL,
	"rfm_thresholds" jsonb NOT NULL,
	"config_version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "program_settings_merchant_id_unique" UNIQUE("merchant_id")
);
--> statement-breakpoint
ALTER TABLE "customer_import_slices" ADD CONSTRAINT "customer_import_slices_import_id_customer_import_logs_id_fk" FOREIGN KEY ("import_id") REFERENCES "public"."customer_import_logs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_customers_merchant_id" ON "customers" USING btree ("merchant_id","id");--> statement-breakpoint
CREATE INDEX "idx_customers_rfm_score" ON "customers" USING gin ("rfm_score");--> statement-breakpoint
CREATE INDEX "idx_customers_merchant_segment" ON "customers" USING btree ("merchant_id",("rfm_score" ->> 'segment'),"id");--> statement-breakpoint
CREATE INDEX "idx_customers_merchant_updated_at" ON "customers" USING btree ("merchant_id","updated_at","id");--> statement-breakpoint
CREATE INDEX "idx_inbox_events_processed_at" ON "inbox_events" USING btree ("processed_at");--> statement-breakpoint
CREATE INDEX "idx_outbox_events_shard" ON "outbox_events" USING btree ("shard","id");--> statement-breakpoint
CREATE INDEX "idx_customer_import_errors_import" ON "customer_import_errors" USING btree ("merchant_id","import_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "uq_customer_import_errors_once" ON "customer_import_errors" USING btree ("import_id","external_id","reason");--> statement-breakpoint
CREATE INDEX "idx_customer_import_logs_merchant" ON "customer_import_logs" USING btree ("merchant_id","id");--> statement-breakpoint
CREATE UNIQUE INDEX "uq_customer_import_logs_active" ON "customer_import_logs" USING btree ("merchant_id","shop") WHERE "customer_import_logs"."status" in ('pending', 'running', 'paused', 'cancelling');--> statement-breakpoint
CREATE UNIQUE INDEX "uq_shopify_connections_shop" ON "shopify_connections" USING btree ("shop");--> statement-breakpoint
CREATE INDEX "idx_audit_log_merchant" ON "audit_log" USING btree ("merchant_id","id");