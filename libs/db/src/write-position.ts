/**
 * Identifies the cluster, not the database: all databases of a cluster share one log, so their positions can
 * be compared. It is queried each time, which costs a few microseconds, because a pooler may lead a
 * connection to another cluster.
 */
export const CLUSTER_ID = `upper(to_hex((select system_identifier from pg_control_system())))`;

/** Timeline and position in the log. The names of log files begin with the timeline, in hexadecimal. */
export const WRITE_LSN = `('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
         || ':' || pg_current_wal_lsn()`;

/** For the primary: its current write position, with the cluster. */
export const WRITE_POSITION_SQL = `select ${CLUSTER_ID} || ':' || ${WRITE_LSN} as token`;
