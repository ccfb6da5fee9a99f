-- The second net behind the merchant in every statement (ADR 15): the api sees and writes rows of the merchant that its
-- transaction names in core.merchant_id, and without one none at all. FORCE, as the tables' owner is met by it too: a
-- function of the owner that forgets its merchant must be one that says so below, not one that nobody noticed.
-- The others mix merchants in one statement (relay, consumers, sealing, planning of imports), and have grants for
-- no more than that. Left out are outbox_events, which the api may only append to and the relay moves about, and
-- key_rotations, which no app may touch. An array of one and not a plain `=`, from which the planner would learn that
-- merchant_id is no order of a list's, and take the primary key for it (see conditionsOf of @core/domain).
DO $$
DECLARE
  carries_merchant text;
  mine constant text := $mine$merchant_id = ANY (ARRAY[nullif(current_setting('core.merchant_id', true), '')::uuid])$mine$;
BEGIN
  FOREACH carries_merchant IN ARRAY ARRAY[
    'customers', 'program_settings', 'merchant_keys', 'erasure_tombstones', 'privacy_requests', 'audit_log',
    'shopify_connections', 'import_schedules', 'customer_import_logs', 'customer_import_slices',
    'customer_import_ids', 'customer_import_errors', 'webhook_events', 'parked_events'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', carries_merchant);
    EXECUTE format('CREATE POLICY of_its_merchant ON %I TO core_api USING (%s) WITH CHECK (%s)',
                   carries_merchant, mine, mine);
    EXECUTE format('CREATE POLICY of_all_merchants ON %I TO core_worker, core_importer, core_sealer, current_user'
                   ' USING (true) WITH CHECK (true)', carries_merchant);
  END LOOP;
END
$$;
--> statement-breakpoint
-- Concurrent score reads of all merchants share a statement (ADR 10), so no one merchant can be set for it. Who calls
-- this names pairs, and gets what these pairs are: not found for a customer of another merchant. In the order of the
-- pairs. PL/pgSQL, because its plan is kept for the session: one plan, pair by pair through an index, whatever the
-- statistics say and however many pairs there are. Planning anew costs more than reading a few rows.
CREATE FUNCTION read_scores(merchant_ids uuid[], customer_ids uuid[])
RETURNS TABLE (found boolean, rfm_score jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  RETURN QUERY
  SELECT c.id IS NOT NULL, c.rfm_score
    FROM unnest($1, $2) WITH ORDINALITY AS key (merchant_id, id, position)
    LEFT JOIN customers c ON c.merchant_id = key.merchant_id AND c.id = key.id
                         AND c.deleted_at IS NULL AND c.erased_at IS NULL
   ORDER BY key.position;
END
$$;
--> statement-breakpoint
-- A webhook names its shop alone.
CREATE FUNCTION merchant_of_shop(shop varchar) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT merchant_id FROM shopify_connections c WHERE c.shop = $1
$$;
--> statement-breakpoint
-- A page of a segment. Under row-level security the segment's index is of no use to the api: `->>` might tell of rows
-- that it may not see, PostgreSQL believes, so it is asked of the merchant's rows alone, one after another. Here it is
-- not, and the merchant must be the transaction's all the same. Bounds are of recency, frequency, monetary.
-- In order of the segment too, which is one: for a table with policies the planner does not see that from the condition.
CREATE FUNCTION customers_of_segment(merchant uuid, segment text, after uuid, most int, mins int[], maxs int[])
RETURNS SETOF customers
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT * FROM customers
   WHERE merchant_id = ANY (ARRAY[$1]) AND $1 = nullif(current_setting('core.merchant_id', true), '')::uuid
     AND deleted_at IS NULL AND erased_at IS NULL AND rfm_score ->> 'segment' = $2 AND id > $3
     AND ($5[1] IS NULL OR (rfm_score ->> 'recency')::int >= $5[1])
     AND ($6[1] IS NULL OR (rfm_score ->> 'recency')::int <= $6[1])
     AND ($5[2] IS NULL OR (rfm_score ->> 'frequency')::int >= $5[2])
     AND ($6[2] IS NULL OR (rfm_score ->> 'frequency')::int <= $6[2])
     AND ($5[3] IS NULL OR (rfm_score ->> 'monetary')::int >= $5[3])
     AND ($6[3] IS NULL OR (rfm_score ->> 'monetary')::int <= $6[3])
   ORDER BY merchant_id, rfm_score ->> 'segment', id LIMIT $4
$$;
--> statement-breakpoint
REVOKE EXECUTE ON FUNCTION read_scores(uuid[], uuid[]), merchant_of_shop(varchar),
  customers_of_segment(uuid, text, uuid, int, int[], int[]) FROM public;
--> statement-breakpoint
GRANT EXECUTE ON FUNCTION read_scores(uuid[], uuid[]), merchant_of_shop(varchar),
  customers_of_segment(uuid, text, uuid, int, int[], int[]) TO core_api;
