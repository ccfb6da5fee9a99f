-- crosses: sharedAudit
-- Returns the newest audit rows that name a customer among others (ADR 19). Under row-level security the api
-- cannot use the index of customer_ids: `@>` is not leakproof. The function uses that index whatever the
-- planner estimates: OFFSET 0 keeps the planner from reading the primary key backwards until it has found
-- enough rows. The merchant must be the transaction's.
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
