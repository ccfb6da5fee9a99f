-- A reader that follows a merchant's changes reads up to a time and continues from there, so it needs a time
-- up to which no change is missing. now() does not give one: it is the start of the writing transaction, so a
-- slow transaction commits rows below what readers have passed. Therefore a transaction that writes customers
-- holds a lock whose key contains its start time, from before its first row until its end. Its rows have the
-- clock's time, which is later. A reader stops below the oldest such lock (ADR 12,
-- customer_changes_complete_until).
--
-- The trigger fires once per statement, not once per row, before the first row's default and row trigger. The
-- lock is shared, because two transactions may start in the same microsecond. The key stays the same within a
-- transaction, so that locking again costs little. Its upper bits are 1484, which separates it from other
-- locks. Its lower 52 bits are microseconds since 1970, enough until 2112.
CREATE OR REPLACE FUNCTION public.announce_customer_changes() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(1484::bigint << 52 | (extract(epoch FROM now()) * 1000000)::bigint);
  RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER trg_customers_announce_changes
  BEFORE INSERT OR UPDATE ON public.customers
  FOR EACH STATEMENT EXECUTE FUNCTION public.announce_customer_changes();
