-- The watermark: every change with an earlier updated_at has been committed, or never will be
-- (announce_customer_changes, ADR 12). It holds on the primary only, because a standby does not know the
-- locks. statement_timestamp() is taken before the locks are read: a lock taken after that belongs to rows
-- that are later still. It covers this database only, by design: the rows' times are those of its clock, and
-- its writers hold the locks. A merchant has all rows in one database, and a watermark is for one merchant.
CREATE OR REPLACE FUNCTION public.customer_changes_complete_until() RETURNS timestamptz
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT least(statement_timestamp(),
               min(timestamptz 'epoch' + ((classid::bigint << 32 | objid::bigint) & ~(-1::bigint << 52))
                                         * interval '1 microsecond'))
    FROM pg_locks
   WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 20 = 1484
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;
