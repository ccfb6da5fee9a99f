import { and, asc, eq, isNotNull, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Pool } from './pool.ts';
import { runOn } from './reader.ts';
import { inboxEvents } from './schema/index.ts';
import { build, insertSelect, int, many, ONE, oneOf, statement, text, unnest } from './statement/index.ts';
import type { Tx } from './transaction.ts';

// Inbox: docs/glossary.md#events.
/** The identity and the content digest of a record's event. */
export interface EventClaim {
  /** Topic, source, id and merchant as one text: a producer's ids are unique only among its own events. */
  key: string;
  /** Digest of the content without personal data: the same key with another digest is another event. */
  digest: Buffer;
  /** The bare id, with which the previous build claimed the event. */
  bareId: string;
}

/**
 * - claimed: claimed by this call
 * - repeated: claimed before
 * - reused: its key was claimed before, for an event with other content
 */
export type ClaimOutcome = 'claimed' | 'repeated' | 'reused';

/**
 * Claims events for a consumer in the caller's transaction, in one statement. A second statement is needed
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
  // An event claimed by its bare id has no digest: it counts as the same event, as it did for the previous
  // build.
  for (const key of lost) digests.set(key, stored.get(key) ?? ANY);
  return claims.map(({ key, digest }) => {
    if (claimed.delete(key)) return 'claimed';
    const known = digests.get(key) ?? ANY;
    return known === ANY || known.equals(digest) ? 'repeated' : 'reused';
  });
}

const ANY = Buffer.alloc(0);

const INSERT = statement({
  params: {
    consumer: inboxEvents.consumer,
    keys: many(inboxEvents.eventId),
    digests: many(inboxEvents.digest),
    bareIds: many(text),
  },
  row: { key: inboxEvents.eventId },
  text(p, row) {
    const given = unnest('given', { key: p.keys, digest: p.digests, bareId: p.bareIds });
    const earlier = alias(inboxEvents, 'earlier');
    // Inserts in key order: two consumers that share events wait for each other instead of deadlocking.
    return sql`
      ${insertSelect(inboxEvents, { consumer: p.consumer, eventId: given.key, digest: given.digest })}
        from ${given}
       where not exists (
         select from ${inboxEvents} as ${earlier}
          where ${earlier.consumer} = ${p.consumer} and ${earlier.eventId} = ${given.bareId}
            and ${earlier.digest} is null)
       order by ${given.key}
      on conflict do nothing returning ${row}`;
  },
});

async function insertClaims(tx: Tx, consumer: string, claims: readonly EventClaim[]): Promise<Set<string>> {
  if (claims.length === 0) return new Set();
  const rows = await tx.run(INSERT, {
    consumer,
    keys: claims.map(({ key }) => key),
    digests: claims.map(({ digest }) => digest),
    bareIds: claims.map(({ bareId }) => bareId),
  });
  return new Set(rows.map(({ key }) => key));
}

const READ_DIGESTS = statement({
  params: { consumer: inboxEvents.consumer, keys: many(inboxEvents.eventId) },
  row: { key: inboxEvents.eventId, digest: inboxEvents.digest },
  text: (p, row) =>
    build
      .select(row)
      .from(inboxEvents)
      .where(
        and(
          eq(inboxEvents.consumer, p.consumer),
          oneOf(inboxEvents.eventId, p.keys),
          isNotNull(inboxEvents.digest),
        ),
      ),
});

/**
 * Reads the digests of events that were claimed before. It runs after the insert in its own statement: only a
 * new statement sees what another consumer has committed since.
 */
async function readDigests(tx: Tx, consumer: string, keys: readonly string[]): Promise<Map<string, Buffer>> {
  if (keys.length === 0) return new Map();
  const rows = await tx.run(READ_DIGESTS, { consumer, keys });
  return new Map(rows.flatMap(({ key, digest }) => (digest ? [[key, digest] as const] : [])));
}

const UNCLAIM = statement({
  params: { consumer: inboxEvents.consumer, keys: many(inboxEvents.eventId) },
  text: (p) =>
    build
      .delete(inboxEvents)
      .where(and(eq(inboxEvents.consumer, p.consumer), oneOf(inboxEvents.eventId, p.keys))),
});

/** Deletes claims: the events were given up, and an operator may send them again. */
export async function unclaimEvents(tx: Tx, consumer: string, keys: readonly string[]): Promise<void> {
  await tx.run(UNCLAIM, { consumer, keys });
}

/** Rows per delete: few enough that no session waits for its locks and vacuum keeps up. */
const PRUNE_BATCH = 1_000;

const PRUNE = statement({
  params: { days: int },
  row: ONE,
  text(p, row) {
    const oldest = build
      .select({ consumer: inboxEvents.consumer, eventId: inboxEvents.eventId })
      .from(inboxEvents)
      .where(sql`${inboxEvents.processedAt} < now() - make_interval(days => ${p.days})`)
      .orderBy(asc(inboxEvents.processedAt))
      .limit(PRUNE_BATCH)
      .for('update', { skipLocked: true });
    return build
      .delete(inboxEvents)
      .where(sql`(${inboxEvents.consumer}, ${inboxEvents.eventId}) in ${oldest}`)
      .returning(row);
  },
});

/**
 * Deletes one batch of claims older than `days` days. Several processes may run it at once.
 * @returns the number of deleted claims, and whether there may be more
 */
export async function pruneInbox(pool: Pool, days: number): Promise<{ pruned: number; more: boolean }> {
  const pruned = (await runOn(pool, PRUNE, { days })).length;
  return { pruned, more: pruned === PRUNE_BATCH };
}
