-- oldest build: 0012
-- One audit row names all customers whose emails a reply disclosed; with a row for each, a caller within its quota
-- wrote 250,000 rows a second. The build before this one keeps writing one row for each customer; its lists and
-- exports of a single customer do not find the rows that name several.
ALTER TABLE "audit_log" ADD COLUMN "customer_ids" uuid[];--> statement-breakpoint
-- Stored as they are: random ids do not compress, and trying takes time. Without statistics: to sample lists of a
-- thousand ids takes ANALYZE up to 8 s, and the one query of the column uses its index whatever they say.
ALTER TABLE "audit_log" ALTER COLUMN "customer_ids" SET STORAGE EXTERNAL, ALTER COLUMN "customer_ids" SET STATISTICS 0;--> statement-breakpoint
-- A longer list could make a row that is larger than any reply, and ListAuditLog would stop at it. NOT VALID: rows
-- from before name no list, and are not read under the lock.
ALTER TABLE "audit_log" ADD CONSTRAINT "ck_audit_log_customers" CHECK ("audit_log"."customer_ids" is null or ("audit_log"."customer_id" is null and array_ndims("audit_log"."customer_ids") = 1
      and cardinality("audit_log"."customer_ids") between 2 and 1000
      and array_position("audit_log"."customer_ids", null) is null)) NOT VALID;--> statement-breakpoint
-- The seals of the build before cover the detail alone, and with it this digest; those of this build compute it
-- anew. A stolen role must not be able to make the two differ.
ALTER TABLE "audit_log" ADD CONSTRAINT "ck_audit_log_customers_sha256" CHECK (("audit_log"."detail" ->> 'customers_sha256') is not distinct from
      (case when "audit_log"."customer_ids" is not null then encode(sha256(convert_to(array_to_string(customer_ids, ','), 'UTF8')), 'hex') end)) NOT VALID;--> statement-breakpoint
-- Only the api discloses emails.
GRANT INSERT (customer_ids) ON public.audit_log TO core_api;--> statement-breakpoint
GRANT SELECT (id, merchant_id, customer_ids) ON public.audit_log TO core_definer;--> statement-breakpoint
CREATE POLICY of_all_merchants_to_read ON public.audit_log FOR SELECT TO core_definer USING (true);--> statement-breakpoint
-- The newest rows that name a customer among others. Under row-level security the index of customer_ids is of no use
-- to the api: `@>` is not leakproof. Through it whatever the planner expects: OFFSET 0 keeps it from reading the
-- primary key backwards until it has met enough rows. The merchant must be the transaction's.
CREATE FUNCTION public.list_shared_audit(merchant uuid, customer uuid, before uuid, most int) RETURNS TABLE (id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
  SELECT named.id
    FROM (SELECT a.id, a.merchant_id FROM public.audit_log a WHERE a.customer_ids @> ARRAY[$2] OFFSET 0) named
   WHERE named.merchant_id = $1 AND $1 = nullif(current_setting('core.merchant_id', true), '')::uuid
     AND ($3 IS NULL OR named.id < $3)
   ORDER BY named.id DESC LIMIT $4
$$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION public.list_shared_audit(uuid, uuid, uuid, int) FROM public;--> statement-breakpoint
GRANT EXECUTE ON FUNCTION public.list_shared_audit(uuid, uuid, uuid, int) TO core_api;--> statement-breakpoint
-- The new owner of a function needs CREATE on its schema; it has that right for the time of this transaction only.
GRANT CREATE ON SCHEMA public TO core_definer;--> statement-breakpoint
ALTER FUNCTION public.list_shared_audit(uuid, uuid, uuid, int) OWNER TO core_definer;--> statement-breakpoint
REVOKE CREATE ON SCHEMA public FROM core_definer;
