-- crosses: sharedAudit
-- The newest audit rows that name a customer among others (ADR 19). Under row-level security the index of customer_ids
-- is of no use to the api: `@>` is not leakproof. Through it whatever the planner expects: OFFSET 0 keeps it from
-- reading the primary key backwards until it has met enough rows. The merchant must be the transaction's.
CREATE OR REPLACE FUNCTION public.list_shared_audit(merchant uuid, customer uuid, before uuid, most int)
RETURNS TABLE (id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $$
  SELECT named.id
    FROM (SELECT a.id, a.merchant_id FROM public.audit_log a WHERE a.customer_ids @> ARRAY[$2] OFFSET 0) named
   WHERE named.merchant_id = $1 AND $1 = nullif(current_setting('core.merchant_id', true), '')::uuid
     AND ($3 IS NULL OR named.id < $3)
   ORDER BY named.id DESC LIMIT $4
$$;

ALTER FUNCTION public.list_shared_audit(uuid, uuid, uuid, int) OWNER TO core_definer;
REVOKE EXECUTE ON FUNCTION public.list_shared_audit(uuid, uuid, uuid, int) FROM public;
GRANT EXECUTE ON FUNCTION public.list_shared_audit(uuid, uuid, uuid, int) TO core_api;
