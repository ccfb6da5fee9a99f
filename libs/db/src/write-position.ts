/**
 * The cluster, not the database: all databases of a cluster share one log, so their positions can be compared. Asked each
 * time, which costs a few microseconds, because a pooler may lead a connection to another cluster.
 */
export const WHOSE_LOG = `upper(to_hex((select system_identifier from pg_control_system())))`;

/** Its file names begin with the timeline, in hexadecimal. */
export const WHERE_IT_WRITES = `('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
         || ':' || pg_current_wal_lsn()`;

/** On the primary: where it writes. */
export const WRITE_POSITION_SQL = `select ${WHOSE_LOG} || ':' || ${WHERE_IT_WRITES} as token`;
