-- A reader that follows a merchant's changes reads up to a time, and goes on from there. Up to which time is nothing
-- missing? now() is the start of the writing transaction, so a slow one commits rows below what readers have passed.
-- Hence: a transaction that writes customers holds a lock that says when it began, from before its first row to its
-- end; its rows bear the clock's time, which is later; and a reader stops below the oldest such lock (ADR 12,
-- customer_changes_complete_until).
--
-- Once a statement, not once a row: it runs before the first row's default and row trigger. The lock is shared, as
-- two transactions may begin in one microsecond, and has the same key all along, so that a second one costs little.
-- The key is 1484, to tell it from other locks, and in the lower 52 bits microseconds since 1970: enough until 2112.
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
