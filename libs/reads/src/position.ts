import { WHERE_IT_WRITES, WHOSE_LOG } from '@core/db';

/** A position in the primary's write-ahead log. After a failover the same position is another on the new timeline. */
export interface Position {
  /**
   * The identifier of the cluster whose log it is, which standbys and promoted ones share; undefined in a token of the
   * former form.
   */
  system: string | undefined;
  timeline: number;
  /** Bytes since the cluster was made. */
  lsn: bigint;
}

/**
 * Form of a consistency token: `<system>:<timeline>:<lsn>`, such as 6ABC0123456789EF:1:0/3000148. The former form has no
 * system; callers may still hold some.
 */
export const CONSISTENCY_TOKEN = /^(?:[0-9A-F]{1,16}:)?\d{1,9}:[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/;

/** @throws Error when the text is not a token; callers have checked it */
export function parseToken(token: string): Position {
  if (!CONSISTENCY_TOKEN.test(token)) throw new Error('not a consistency token');
  const [lsn = '', timeline = '', system] = token.split(':').reverse();
  return { system, timeline: Number(timeline), lsn: parseLsn(lsn) };
}

/** PostgreSQL writes a position as two hexadecimal halves, `0/3000148`. */
export function parseLsn(text: string): bigint {
  const [high = '0', low = '0'] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}

/**
 * Whether a node at `position` shows the token's write. This is unknown across timelines (the write may lie
 * behind the point where the two part), across logs, and for a token that does not say which log it means.
 */
export const hasReached = (position: Position, token: Position): boolean =>
  token.system !== undefined && isSameHistory(position, token) && position.lsn >= token.lsn;

const isSameHistory = (a: Position, b: Position): boolean =>
  a.system === b.system && a.timeline === b.timeline;

/** The token that satisfies all of them; undefined when they are of several logs or timelines. */
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
 * On any node: a primary's position is where it writes, a standby's where it has replayed to. The receiver's
 * timeline is hidden from roles without pg_read_all_stats, and absent while the primary is down; the value in
 * the control file may then be older than the true one, which sends a token to the primary and is never
 * wrong.
 */
export const POSITION_SQL = `
  select ${WHOSE_LOG} || ':' ||
         case when pg_is_in_recovery()
         then coalesce((select received_tli from pg_stat_wal_receiver),
                       (select greatest(c.timeline_id, r.min_recovery_end_timeline)
                          from pg_control_checkpoint() c, pg_control_recovery() r))
              || ':' || pg_last_wal_replay_lsn()
         else ${WHERE_IT_WRITES} end as token`;
