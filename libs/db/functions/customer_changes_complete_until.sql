-- Returns the watermark: every change with an earlier updated_at has been committed, or never will be
-- (announce_customer_changes, ADR 12). It is valid on the primary only, because a standby does not have the
-- locks. statement_timestamp() is read before the locks: a lock acquired after that belongs to rows that are
-- later still. The watermark covers this database only, by design: the rows have the times of its clock, and
-- its writers hold the locks. A merchant has all its rows in one database, and a watermark is for one
-- merchant.
CREATE OR REPLACE FUNCTION public.customer_changes_complete_until() RETURNS timestamptz
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT least(statement_timestamp(),
               min(timestamptz 'epoch' + ((classid::bigint << 32 | objid::bigint) & ~(-1::bigint << 52))
                                         * interval '1 microsecond'))
    FROM pg_locks
   WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 20 = 1484
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;
