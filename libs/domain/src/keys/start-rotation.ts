import { and, asc, isNotNull, isNull, sql, type Column, type SQL } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { addGeneration, type Keyring } from '@core/crypto';
import {
  appendAudit,
  build,
  columns,
  customers,
  insertValues,
  instantOf,
  keyRotations,
  merchantKeys,
  nullable,
  relation,
  returning,
  statement,
  type Actor,
  type Reader,
  type RowOf,
  type Tx,
} from '@core/db';

const { merchantId, generation, cursor, rows, startedAt, finishedAt } = keyRotations;

/** The merchant to select; null: all of them. */
const ONE_OR_ALL = { merchantId: nullable(merchantId) };
const isMeant = (of: Column, one: SQL): SQL => sql`(${one} is null or ${of} = ${one})`;

const isOpen = (one: SQL): SQL | undefined => and(isNull(finishedAt), isMeant(merchantId, one));

const START_OF_RUN = statement({
  crosses: 'keys',
  params: ONE_OR_ALL,
  row: { at: sql<string>`coalesce(min(${startedAt}), clock_timestamp())::text` },
  text: (p, row) => build.select(row).from(keyRotations).where(isOpen(p.merchantId)),
});

/**
 * Returns when the unfinished run started, or the current time if there is none. A killed run is continued,
 * and merchants that it had finished are not rotated a second time. As text: a Date is cut to the
 * millisecond.
 */
export async function startOfRun(reader: Reader, merchantId?: MerchantId): Promise<string> {
  const [run] = await reader.run(START_OF_RUN, { merchantId });
  if (!run) throw new Error('an aggregate returned no row');
  return run.at;
}

const TO_BEGIN = statement({
  crosses: 'keys',
  params: { startedAt: instantOf, ...ONE_OR_ALL },
  text(p) {
    const { merchantId, createdAt, dataKey } = merchantKeys;
    const shape = { merchantId, createdAt, dataKey };
    const newest = relation('newest', shape);
    return returning(
      { merchantId: newest.merchantId },
      (row) => sql`
      select ${row}
        from (select distinct on (${merchantId}) ${columns(shape)} from ${merchantKeys}
               where ${isMeant(merchantId, p.merchantId)}
               order by ${merchantId}, ${merchantKeys.generation} desc) as ${newest}
       where ${newest.createdAt} < ${p.startedAt} and ${newest.dataKey} is not null
         and not exists (select from ${keyRotations}
                          where ${keyRotations.merchantId} = ${newest.merchantId} and ${isNull(finishedAt)})
       order by ${newest.merchantId}`,
    );
  },
});

/** Returns merchants, ordered by id, whose newest keys existed before the run and are not destroyed. */
export const listMerchantsToRotate = async (
  reader: Reader,
  { startedAt, merchantId }: { startedAt: string; merchantId?: MerchantId | undefined },
): Promise<MerchantId[]> =>
  (await reader.run(TO_BEGIN, { startedAt, merchantId })).map((newest) => newest.merchantId);

const BEGIN = statement({
  params: { merchantId, generation, startedAt: instantOf },
  text: (p) => insertValues(keyRotations, p),
});

/**
 * Adds the next generation of a merchant's data key, which its writers use from now on, and records that its
 * rows must follow.
 * @returns false when its keys were destroyed meanwhile
 * @throws KeyError when its keys cannot be unwrapped
 */
export async function startRotation(
  tx: Tx,
  actor: Actor,
  { keyring, merchantId, startedAt }: { keyring: Keyring; merchantId: MerchantId; startedAt: string },
): Promise<boolean> {
  const keys = await addGeneration(tx, keyring, merchantId);
  if (!keys) return false;
  const { generation } = keys;
  await tx.run(BEGIN, { merchantId, generation, startedAt });
  await appendAudit(tx, actor, { merchantId, action: 'keys.rotate', detail: { step: 'begun', generation } });
  return true;
}

const ROTATION = {
  merchantId,
  /** The generation that the rows move to. */
  generation,
  /** Customers up to this id are done; null at the start. */
  cursor,
  rows,
};

/** A merchant whose rows must move to a new generation of its data key. */
export type Rotation = RowOf<typeof ROTATION>;

const OPEN = statement({
  crosses: 'keys',
  params: ONE_OR_ALL,
  row: ROTATION,
  text: (p, row) =>
    build
      .select(row)
      .from(keyRotations)
      .where(isOpen(p.merchantId))
      .orderBy(asc(merchantId), asc(generation)),
});

/** Returns the unfinished rotations, ordered by merchant id. */
export const openRotations = (reader: Reader, merchantId?: MerchantId): Promise<Rotation[]> =>
  reader.run(OPEN, { merchantId });

const COUNT = statement({
  crosses: 'keys',
  params: ONE_OR_ALL,
  text(p) {
    const { merchantId, dataKey } = merchantKeys;
    const merchants = sql<number>`(select count(distinct ${merchantId})::int from ${merchantKeys}
      where ${isNotNull(dataKey)} and ${isMeant(merchantId, p.merchantId)})`;
    const emails = sql<number>`(select count(${customers.email})::float8 from ${customers}
      where ${isMeant(customers.merchantId, p.merchantId)})`;
    const unfinished = sql<number>`(select count(*)::int from ${keyRotations} where ${isOpen(p.merchantId)})`;
    return returning({ merchants, emails, unfinished }, (row) => sql`select ${row}`);
  },
});

/**
 * Returns the size of a run: merchants with keys, their emails, and rotations that an earlier run left
 * unfinished.
 */
export async function countRotation(
  tx: Tx,
  input: { merchantId: MerchantId | undefined },
): Promise<{ merchants: number; emails: number; unfinished: number }> {
  // Without a statement timeout, because it reads every customer once.
  await tx.allowStatements(0);
  const [found] = await tx.run(COUNT, input);
  if (!found) throw new Error('an aggregate returned no row');
  return found;
}
