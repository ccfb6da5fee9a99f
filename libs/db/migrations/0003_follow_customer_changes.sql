-- Who follows a merchant's changes reads up to a time, and goes on from there. Up to which time is nothing missing?
-- now() is the start of the writing transaction, so a slow one commits rows below what readers have passed. Hence:
-- a transaction that writes customers holds a lock that says when it began, from before its first row to its end;
-- its rows bear the clock's time, which is later; and a reader stops below the oldest such lock (ADR 12).
CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END
$$;
--> statement-breakpoint
ALTER TABLE "customers" ALTER COLUMN "updated_at" SET DEFAULT clock_timestamp();
--> statement-breakpoint
-- Once a statement, not once a row: it runs before the first row's default and row trigger. The lock is shared, as
-- two transactions may begin in one microsecond, and has the same key all along, so that a second one costs little.
-- The key is 1484, to tell it from other locks, and in the lower 52 bits microseconds since 1970: enough until 2112.
CREATE FUNCTION announce_customer_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(1484::bigint << 52 | (extract(epoch FROM now()) * 1000000)::bigint);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER trg_customers_announce_changes
  BEFORE INSERT OR UPDATE ON customers
  FOR EACH STATEMENT EXECUTE FUNCTION announce_customer_changes();
--> statement-breakpoint
-- Every change with an earlier updated_at has been committed, or never will be. On the primary only: a standby does
-- not know the locks. statement_timestamp() is taken before the locks are looked at: a lock that comes after the
-- look belongs to rows that are later still.
CREATE FUNCTION customer_changes_complete_until() RETURNS timestamptz LANGUAGE sql AS $$
  SELECT least(statement_timestamp(),
               min(timestamptz 'epoch' + ((classid::bigint << 32 | objid::bigint) & ~(-1::bigint << 52))
                                         * interval '1 microsecond'))
    FROM pg_locks
   WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 20 = 1484
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;
--> statement-breakpoint
-- Lists by score ranges: without statistics the planner takes every range for one row in 200 or less, reads all of
-- a merchant's customers and sorts them, where the first few in the order of the index would do.
CREATE STATISTICS stat_customers_recency ON ((rfm_score ->> 'recency')::int) FROM customers;
--> statement-breakpoint
CREATE STATISTICS stat_customers_frequency ON ((rfm_score ->> 'frequency')::int) FROM customers;
--> statement-breakpoint
CREATE STATISTICS stat_customers_monetary ON ((rfm_score ->> 'monetary')::int) FROM customers;
