import { addGeneration, appendAudit, type Actor, type Keyring, type Reader, type Tx } from '@core/db';

/** A merchant whose rows are to come to a new generation of its data key. */
export interface Rotation {
  merchantId: string;
  /** Where they go to. */
  generation: number;
  /** Customers up to this id are done; null at the start. */
  cursor: string | null;
  rows: number;
}

/**
 * When the run began that is not finished: one that was killed is gone on with, and merchants that it had finished
 * are not begun a second time. Without one, now. As text: a Date is cut to the millisecond.
 */
export async function startOfRun(reader: Reader, merchantId?: string): Promise<string> {
  const [run] = await reader.query<{ at: string }>(
    `select coalesce(min(started_at), clock_timestamp())::text as at from key_rotations
      where finished_at is null and ($1::uuid is null or merchant_id = $1)`,
    [merchantId ?? null],
  );
  if (!run) throw new Error('an aggregate gave no row');
  return run.at;
}

/** Merchants, in the order of their ids, whose newest keys were there before the run, and not destroyed. */
export const merchantsToBegin = async (
  reader: Reader,
  run: { startedAt: string; merchantId?: string | undefined },
): Promise<string[]> =>
  (
    await reader.query<{ id: string }>(
      `select newest.merchant_id as id
         from (select distinct on (merchant_id) merchant_id, created_at, data_key from merchant_keys
                where $2::uuid is null or merchant_id = $2
                order by merchant_id, generation desc) newest
        where created_at < $1::timestamptz and data_key is not null
          and not exists (select from key_rotations r
                           where r.merchant_id = newest.merchant_id and r.finished_at is null)
        order by 1`,
      [run.startedAt, run.merchantId ?? null],
    )
  ).map(({ id }) => id);

/**
 * Gives a merchant the next generation of its data key, which its writers use from now on, and writes down that its
 * rows are to follow.
 * @returns false when its keys were destroyed meanwhile
 * @throws KeyError when its keys do not unwrap
 */
export async function beginRotation(
  tx: Tx,
  actor: Actor,
  { keyring, merchantId, startedAt }: { keyring: Keyring; merchantId: string; startedAt: string },
): Promise<boolean> {
  const keys = await addGeneration(tx, keyring, merchantId);
  if (!keys) return false;
  const { generation } = keys;
  await tx.query('insert into key_rotations (merchant_id, generation, started_at) values ($1, $2, $3)', [
    merchantId,
    generation,
    startedAt,
  ]);
  await appendAudit(tx, actor, { merchantId, action: 'keys.rotate', detail: { step: 'begun', generation } });
  return true;
}

/** Those that are not finished, in the order of their merchants' ids. */
export const openRotations = (reader: Reader, merchantId?: string): Promise<Rotation[]> =>
  reader.query<Rotation & Record<string, unknown>>(
    `select merchant_id as "merchantId", generation, cursor, rows::float8 as rows from key_rotations
      where finished_at is null and ($1::uuid is null or merchant_id = $1) order by merchant_id, generation`,
    [merchantId ?? null],
  );

/** What a run would do: of the merchants that have keys, and how many of them a run before has begun. */
export async function countRotation(
  tx: Tx,
  merchantId?: string,
): Promise<{ merchants: number; emails: number; unfinished: number }> {
  // It reads every customer once.
  await tx.allowStatements(0);
  const [found] = await tx.query<{ merchants: number; emails: number; unfinished: number }>(
    `select (select count(distinct merchant_id)::int from merchant_keys
              where data_key is not null and ($1::uuid is null or merchant_id = $1)) as merchants,
            (select count(email)::float8 from customers where $1::uuid is null or merchant_id = $1) as emails,
            (select count(*)::int from key_rotations
              where finished_at is null and ($1::uuid is null or merchant_id = $1)) as unfinished`,
    [merchantId ?? null],
  );
  if (!found) throw new Error('an aggregate gave no row');
  return found;
}
