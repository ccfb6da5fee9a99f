-- crosses: batches
-- Returns the scores of several customers. This is the hottest read: concurrent score reads of all merchants
-- share a statement (ADR 10), so the transaction cannot be set to one merchant. The caller passes pairs of
-- merchant and customer, and receives a row for each pair in their order: not found for a customer of another
-- merchant. The function is PL/pgSQL, because its plan is kept for the session. The one plan looks up pair by
-- pair through an index, whatever the statistics and the number of pairs. Planning again costs more than
-- reading a few rows.
CREATE OR REPLACE FUNCTION public.read_scores(merchant_ids uuid[], customer_ids uuid[])
RETURNS TABLE (found boolean, rfm_score jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  RETURN QUERY
  SELECT c.id IS NOT NULL, c.rfm_score
    FROM unnest($1, $2) WITH ORDINALITY AS key (merchant_id, id, position)
    LEFT JOIN public.customers c ON c.merchant_id = key.merchant_id AND c.id = key.id
                                AND c.deleted_at IS NULL AND c.erased_at IS NULL
   ORDER BY key.position;
END
$$;

ALTER FUNCTION public.read_scores(uuid[], uuid[]) OWNER TO core_definer;
REVOKE EXECUTE ON FUNCTION public.read_scores(uuid[], uuid[]) FROM public;
GRANT EXECUTE ON FUNCTION public.read_scores(uuid[], uuid[]) TO core_api;
