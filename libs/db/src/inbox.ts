import type { Pool } from './pool.ts';
import type { Tx } from './transaction.ts';

/** The identity of a record's event, and its content. */
export interface EventClaim {
  /** Topic, source, id and merchant as one text: a producer's ids are unique only among its own events. */
  key: string;
  /** Digest of the content, without personal data: the same key with another digest is another event. */
  digest: Buffer;
  /** The bare id, with which the build before this one claimed the event. */
  bareId: string;
}

/**
 * - claimed: claimed by this call
 * - repeated: claimed before
 * - reused: its key was claimed before for an event with other content
 */
export type ClaimOutcome = 'claimed' | 'repeated' | 'reused';

/**
 * Claims events for a consumer in the caller's transaction, in one statement; a second statement is needed
 * only when some were claimed before.
 * @returns the result of each, in the order given; the caller skips the events that it has not claimed
 */
export async function claimEvents(
  tx: Tx,
  consumer: string,
  claims: readonly EventClaim[],
): Promise<ClaimOutcome[]> {
  const digests = new Map<string, Buffer>();
  const firsts = claims.filter(({ key, digest }) => !digests.has(key) && digests.set(key, digest));
  const claimed = await insertClaims(tx, consumer, firsts);
  const lost = firsts.filter(({ key }) => !claimed.has(key)).map(({ key }) => key);
  const stored = await readDigests(tx, consumer, lost);
  // An event claimed by its bare id has no digest: it counts as the same event, as it did for that build.
  for (const key of lost) digests.set(key, stored.get(key) ?? ANY);
  return claims.map(({ key, digest }) => {
    if (claimed.delete(key)) return 'claimed';
    const known = digests.get(key) ?? ANY;
    return known === ANY || known.equals(digest) ? 'repeated' : 'reused';
  });
}

const ANY = Buffer.alloc(0);

async function insertClaims(tx: Tx, consumer: string, claims: readonly EventClaim[]): Promise<Set<string>> {
  if (claims.length === 0) return new Set();
  // In one order: two consumers with events of both wait for each other instead of deadlocking.
  const rows = await tx.query<{ key: string }>(
    `insert into inbox_events (consumer, event_id, digest)
     select $1::text, key, digest from unnest($2::text[], $3::bytea[], $4::text[]) as given (key, digest, bare_id)
      where not exists (select from inbox_events earlier
                         where earlier.consumer = $1::text and earlier.event_id = bare_id and earlier.digest is null)
      order by key
     on conflict do nothing returning event_id as key`,
    [
      consumer,
      claims.map(({ key }) => key),
      claims.map(({ digest }) => digest),
      claims.map(({ bareId }) => bareId),
    ],
  );
  return new Set(rows.map(({ key }) => key));
}

/**
 * Runs after the insert in its own statement: only that one sees what another consumer committed meanwhile.
 */
async function readDigests(tx: Tx, consumer: string, keys: readonly string[]): Promise<Map<string, Buffer>> {
  if (keys.length === 0) return new Map();
  const rows = await tx.query<{ key: string; digest: Buffer }>(
    `select event_id as key, digest from inbox_events
      where consumer = $1 and event_id = any($2) and digest is not null`,
    [consumer, keys],
  );
  return new Map(rows.map(({ key, digest }) => [key, digest]));
}

/** Forgets that events were applied: they are given up, and may come again by hand. */
export async function unclaimEvents(tx: Tx, consumer: string, keys: readonly string[]): Promise<void> {
  await tx.query('delete from inbox_events where consumer = $1 and event_id = any($2)', [consumer, keys]);
}

/** Rows of one delete: short enough that nobody waits for its locks, and vacuum keeps up. */
const PRUNE_BATCH = 1_000;

/**
 * Deletes claims older than `days`. Several processes may do it at once.
 * @returns how many went; fewer than a full batch when there are no more
 */
export async function pruneInbox(pool: Pool, days: number): Promise<{ pruned: number; more: boolean }> {
  const { rowCount } = await pool.query(
    `delete from inbox_events where (consumer, event_id) in (
       select consumer, event_id from inbox_events
        where processed_at < now() - make_interval(days => $1)
        order by processed_at limit ${PRUNE_BATCH} for update skip locked)`,
    [days],
  );
  const pruned = rowCount ?? 0;
  return { pruned, more: pruned === PRUNE_BATCH };
}
