CREATE TABLE "customer_import_ids" (
	"import_id" uuid NOT NULL,
	"slice" smallint NOT NULL,
	"page" integer NOT NULL,
	"merchant_id" uuid NOT NULL,
	"ids" bigint[] NOT NULL,
	CONSTRAINT "customer_import_ids_import_id_slice_page_pk" PRIMARY KEY("import_id","slice","page")
);
--> statement-breakpoint
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
	CONSTRAINT "import_schedules_merchant_id_shop_pk" PRIMARY KEY("merchant_id","shop")
);
--> statement-breakpoint
CREATE TABLE "webhook_events" (
	"id" uuid PRIMARY KEY DEFAULT uuidv7() NOT NULL,
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
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "customers" ADD COLUMN "merged_into" uuid;--> statement-breakpoint
ALTER TABLE "customer_import_slices" ADD COLUMN "kind" varchar DEFAULT 'read' NOT NULL;--> statement-breakpoint
ALTER TABLE "customer_import_slices" ADD COLUMN "deleted" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "shopify_connections" ADD COLUMN "refreshing_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "customer_import_ids" ADD CONSTRAINT "customer_import_ids_import_id_customer_import_logs_id_fk" FOREIGN KEY ("import_id") REFERENCES "public"."customer_import_logs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "import_schedules" ADD CONSTRAINT "import_schedules_merchant_id_shop_shopify_connections_merchant_id_shop_fk" FOREIGN KEY ("merchant_id","shop") REFERENCES "public"."shopify_connections"("merchant_id","shop") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "uq_webhook_events_once" ON "webhook_events" USING btree ("shop","topic","event_id");--> statement-breakpoint
CREATE INDEX "idx_webhook_events_waiting" ON "webhook_events" USING btree ("next_attempt_at") WHERE "webhook_events"."outcome" is null;--> statement-breakpoint
CREATE INDEX "idx_webhook_events_received_at" ON "webhook_events" USING btree ("received_at");--> statement-breakpoint
ALTER TABLE "customer_import_slices" ADD CONSTRAINT "ck_customer_import_slices_kind" CHECK ("customer_import_slices"."kind" in ('plan', 'read', 'reconcile', 'ids', 'verify'));--> statement-breakpoint
-- Ranges were search queries and are SliceRange in JSON now, and so are cursors: a run on its way begins its shop anew,
-- a delta run the whole of it.
UPDATE customer_import_slices SET range = '', cursor = NULL WHERE NOT done;
--> statement-breakpoint
GRANT SELECT, INSERT, DELETE ON customer_import_ids TO core_importer;
--> statement-breakpoint
-- UPDATE: an erasure takes the person's id out of them.
GRANT SELECT, UPDATE ON customer_import_ids TO core_worker;
--> statement-breakpoint
GRANT SELECT, INSERT, UPDATE, DELETE ON import_schedules TO core_api;
--> statement-breakpoint
GRANT SELECT, UPDATE ON import_schedules TO core_importer;
--> statement-breakpoint
GRANT INSERT ON customer_import_logs TO core_importer;
--> statement-breakpoint
GRANT SELECT, INSERT ON webhook_events TO core_api;
--> statement-breakpoint
GRANT SELECT, UPDATE, DELETE ON webhook_events TO core_worker;
--> statement-breakpoint
-- What webhooks say is stored by the worker, and a finished bulk operation wakes its run.
GRANT INSERT ON customers TO core_worker;
--> statement-breakpoint
GRANT SELECT ON customer_import_logs TO core_worker;
--> statement-breakpoint
GRANT SELECT, UPDATE ON customer_import_slices TO core_worker;
