import { WRITE_LSN, CLUSTER_ID } from '@core/db';

// Consistency token: docs/glossary.md#customers-and-scores.
/**
 * A position in the primary's write-ahead log. After a failover the same lsn is another position on the new
 * timeline.
 */
export interface Position {
  /**
   * The identifier of the cluster that owns the log, shared by its standbys and promoted standbys; undefined
   * in a token of the former form.
   */
  system: string | undefined;
  timeline: number;
  /** Bytes since the cluster was created. */
  lsn: bigint;
}

/**
 * Form of a consistency token: `<system>:<timeline>:<lsn>`, such as 6ABC0123456789EF:1:0/3000148. The former
 * form has no system; callers may still hold such tokens.
 */
export const CONSISTENCY_TOKEN = /^(?:[0-9A-F]{1,16}:)?\d{1,9}:[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/;

/** @throws Error when the text is not a token; callers have validated it */
export function parseToken(token: string): Position {
  if (!CONSISTENCY_TOKEN.test(token)) throw new Error('not a consistency token');
  const [lsn = '', timeline = '', system] = token.split(':').reverse();
  return { system, timeline: Number(timeline), lsn: parseLsn(lsn) };
}

/** Parses PostgreSQL's notation of a position, two hexadecimal halves: `0/3000148`. */
export function parseLsn(text: string): bigint {
  const [high = '0', low = '0'] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/**
 * Returns whether a node at `position` shows the token's write. This is unknown across timelines (the write
 * may be after the point where the two diverge), across logs, and for a token that does not name its log.
 */
export const hasReached = (position: Position, token: Position): boolean =>
  token.system !== undefined && isSameHistory(position, token) && position.lsn >= token.lsn;

const isSameHistory = (a: Position, b: Position): boolean =>
  a.system === b.system && a.timeline === b.timeline;

/** Returns the token that satisfies all tokens; undefined when they belong to several logs or timelines. */
export function newestToken(tokens: readonly string[]): string | undefined {
  let newest: { token: string; at: Position } | undefined;
  for (const token of tokens) {
    const at = parseToken(token);
    if (newest && !isSameHistory(newest.at, at)) return undefined;
    if (!newest || at.lsn > newest.at.lsn) newest = { token, at };
  }
  return newest?.token;
}

/**
 * Reads the position of any node: a primary's is where it writes, a standby's where it has replayed to. The
 * receiver's timeline is hidden from roles without pg_read_all_stats, and absent while the primary is down.
 * The value in the control file may then be older than the true one. In that case a token goes to the
 * primary, and the result is never wrong.
 */
export const POSITION_SQL = `
  select ${CLUSTER_ID} || ':' ||
         case when pg_is_in_recovery()
         then coalesce((select received_tli from pg_stat_wal_receiver),
                       (select greatest(c.timeline_id, r.min_recovery_end_timeline)
                          from pg_control_checkpoint() c, pg_control_recovery() r))
              || ':' || pg_last_wal_replay_lsn()
         else ${WRITE_LSN} end as token`;
