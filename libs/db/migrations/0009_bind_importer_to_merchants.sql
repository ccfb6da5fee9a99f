-- The importer, too: a transaction that names its merchant, as those for pages, plans and tokens do, sees and writes that
-- one's rows alone. Without a name it sees all, for it hands out slices and looks at schedules of all merchants in one
-- statement; so does the build before this one.
DO $$
DECLARE
  carries_merchant text;
  named constant text := $named$nullif(current_setting('core.merchant_id', true), '')$named$;
  mine constant text := format('%1$s IS NULL OR merchant_id = ANY (ARRAY[(%1$s)::uuid])', named);
BEGIN
  FOREACH carries_merchant IN ARRAY ARRAY[
    'customers', 'program_settings', 'merchant_keys', 'erasure_tombstones', 'privacy_requests', 'audit_log',
    'shopify_connections', 'import_schedules', 'customer_import_logs', 'customer_import_slices',
    'customer_import_ids', 'customer_import_errors', 'webhook_events', 'parked_events'
  ] LOOP
    EXECUTE format('ALTER POLICY of_all_merchants ON %I TO core_worker, core_sealer, current_user', carries_merchant);
    EXECUTE format('CREATE POLICY of_its_merchant_if_named ON %I TO core_importer USING (%s) WITH CHECK (%s)',
                   carries_merchant, mine, mine);
  END LOOP;
END
$$;
