-- Every change with an earlier updated_at has been committed, or never will be (announce_customer_changes, ADR 12). On
-- the primary only: a standby does not know the locks. statement_timestamp() is taken before the locks are looked at: a
-- lock that comes after the look belongs to rows that are later still.
-- Of this database, by design: the rows' times are those of its clock, and its writers hold the locks. A merchant lies in
-- one database, and a watermark is of one merchant.
CREATE OR REPLACE FUNCTION public.customer_changes_complete_until() RETURNS timestamptz
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
  SELECT least(statement_timestamp(),
               min(timestamptz 'epoch' + ((classid::bigint << 32 | objid::bigint) & ~(-1::bigint << 52))
                                         * interval '1 microsecond'))
    FROM pg_locks
   WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 20 = 1484
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
$$;
