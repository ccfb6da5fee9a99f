import { appendAudit, KEY_CACHE_MS, type Actor, type Reader, type Tx } from '@core/db';

/**
 * So long a process may still write under the keys before a new generation: it has them cached, may have read them
 * at the last moment in a transaction that took its time, and then uses them in another such one. A row that came after
 * its keys were deleted would be lost, so this is generous: four minutes for two transactions, in which no statement may
 * take more than thirty seconds.
 */
export const OLD_KEYS_KEPT_MS = KEY_CACHE_MS + 240_000;

/** Milliseconds until nobody writes any more under keys older than this generation; 0 when it is so. */
export async function untilUnused(
  reader: Reader,
  { merchantId, generation, keptMs }: { merchantId: string; generation: number; keptMs: number },
): Promise<number> {
  const [row] = await reader.query<{ ms: number }>(
    `select greatest(0, $3 - extract(epoch from clock_timestamp() - created_at) * 1000)::float8 as ms
       from merchant_keys where merchant_id = $1 and generation = $2`,
    [merchantId, generation, keptMs],
  );
  return row?.ms ?? 0;
}

/**
 * Deletes a merchant's older keys and marks its rotation finished. To be called after a round that began when nobody
 * wrote under older keys any more and found no email under them.
 * @returns false when a token or a webhook is still under older keys
 */
export async function endRotation(
  tx: Tx,
  actor: Actor,
  { merchantId, generation }: { merchantId: string; generation: number },
): Promise<boolean> {
  const [rotation] = await tx.query<{ rows: number }>(
    `select rows::float8 as rows from key_rotations
      where merchant_id = $1 and generation = $2 and finished_at is null for update`,
    [merchantId, generation],
  );
  if (!rotation) return true; // another run was as far
  if (await isSealedByOlder(tx, merchantId, generation)) return false;
  // Of those that were destroyed the rows stay: they say that the generations were there.
  await tx.query(
    'delete from merchant_keys where merchant_id = $1 and generation < $2 and destroyed_at is null',
    [merchantId, generation],
  );
  await tx.query('update key_rotations set finished_at = now() where merchant_id = $1 and generation = $2', [
    merchantId,
    generation,
  ]);
  await appendAudit(tx, actor, {
    merchantId,
    action: 'keys.rotate',
    detail: { step: 'finished', generation, rows: rotation.rows },
  });
  return true;
}

async function isSealedByOlder(tx: Tx, merchantId: string, generation: number): Promise<boolean> {
  const older = `any (array(select generation::text from merchant_keys
                             where merchant_id = $1 and generation < $2 and destroyed_at is null))`;
  const left = await tx.query(
    `select 1 from shopify_connections
      where merchant_id = $1
        and (split_part(access_token, '.', 1) = ${older} or split_part(refresh_token, '.', 1) = ${older})
     union all
     select 1 from webhook_events w
      where w.shop in (select shop from shopify_connections where merchant_id = $1) and w.merchant_id = $1
        and split_part(w.body, '.', 1) = ${older}
     limit 1`,
    [merchantId, generation],
  );
  return left.length > 0;
}
