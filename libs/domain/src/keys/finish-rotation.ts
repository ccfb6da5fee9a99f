import { and, eq, isNull, lt, sql, type Column, type SQL } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { KEY_CACHE_MS } from '@core/crypto';
import {
  appendAudit,
  build,
  float8,
  keyRotations,
  merchantKeys,
  ONE,
  returning,
  shopifyConnections,
  statement,
  webhookEvents,
  type Actor,
  type Placeholders,
  type Reader,
  type Tx,
} from '@core/db';
import { isWebhookOf } from './rotate-values.ts';

/**
 * How long a process may still write with the keys of the previous generation. It may have cached them, have
 * read them at the last moment in a long transaction, and then use them in another long one. A row written
 * after its keys were deleted would be lost, so this is generous: four minutes for two transactions, in which
 * no statement may take more than thirty seconds.
 */
export const OLD_KEYS_KEPT_MS = KEY_CACHE_MS + 240_000;

const ROTATION = { merchantId: keyRotations.merchantId, generation: keyRotations.generation };
type Rotation = Placeholders<typeof ROTATION>;

const UNTIL_UNUSED = statement({
  params: { ...ROTATION, keptMs: float8 },
  text(p) {
    const age = sql`extract(epoch from clock_timestamp() - ${merchantKeys.createdAt}) * 1000`;
    return returning({ ms: sql<number>`greatest(0, ${p.keptMs} - ${age})::float8` }, (row) =>
      build
        .select(row)
        .from(merchantKeys)
        .where(and(eq(merchantKeys.merchantId, p.merchantId), eq(merchantKeys.generation, p.generation))),
    );
  },
});

/**
 * Returns the milliseconds until no process writes with keys older than this generation; 0 once that is so.
 */
export async function msUntilUnused(
  reader: Reader,
  rotation: { merchantId: MerchantId; generation: number; keptMs: number },
): Promise<number> {
  const [row] = await reader.run(UNTIL_UNUSED, rotation);
  return row?.ms ?? 0;
}

const isThis = (p: Rotation): SQL | undefined =>
  and(eq(keyRotations.merchantId, p.merchantId), eq(keyRotations.generation, p.generation));

const LOCK = statement({
  params: ROTATION,
  row: { rows: keyRotations.rows },
  text: (p, row) =>
    build
      .select(row)
      .from(keyRotations)
      .where(and(isThis(p), isNull(keyRotations.finishedAt)))
      .for('update'),
});

// Rows of destroyed keys stay: they record that the generations existed.
const isOlder = (p: Rotation): SQL | undefined =>
  and(
    eq(merchantKeys.merchantId, p.merchantId),
    lt(merchantKeys.generation, p.generation),
    isNull(merchantKeys.destroyedAt),
  );

const DELETE_OLDER = statement({
  params: ROTATION,
  text: (p) => build.delete(merchantKeys).where(isOlder(p)),
});

const FINISH = statement({
  params: ROTATION,
  text: (p) =>
    build
      .update(keyRotations)
      .set({ finishedAt: sql`now()` })
      .where(isThis(p)),
});

/**
 * Deletes a merchant's older keys and marks its rotation finished. Call it after a pass that started once no
 * process wrote with older keys any more, and that found no email under them.
 * @returns false when a token or a webhook is still under older keys
 */
export async function finishRotation(
  tx: Tx,
  actor: Actor,
  { merchantId, generation }: { merchantId: MerchantId; generation: number },
): Promise<boolean> {
  const [rotation] = await tx.run(LOCK, { merchantId, generation });
  if (!rotation) return true; // another run has finished it
  const stillOlder = await tx.run(ENCRYPTED_BY_OLDER, { merchantId, generation });
  if (stillOlder.length > 0) return false;
  await tx.run(DELETE_OLDER, { merchantId, generation });
  await tx.run(FINISH, { merchantId, generation });
  await appendAudit(tx, actor, {
    merchantId,
    action: 'keys.rotate',
    detail: { step: 'finished', generation, rows: rotation.rows },
  });
  return true;
}

/** Finds a token or a webhook that is still encrypted with an older key. */
const ENCRYPTED_BY_OLDER = statement({
  params: ROTATION,
  row: ONE,
  text(p, row) {
    const older = sql`array(select ${merchantKeys.generation}::text from ${merchantKeys} where ${isOlder(p)})`;
    const isEncryptedByOlder = (value: Column): SQL => sql`split_part(${value}, '.', 1) = any (${older})`;
    const { merchantId, accessToken, refreshToken } = shopifyConnections;
    return sql`
      select ${row} from ${shopifyConnections}
       where ${merchantId} = ${p.merchantId} and (${isEncryptedByOlder(accessToken)} or ${isEncryptedByOlder(refreshToken)})
      union all
      select ${row} from ${webhookEvents}
       where ${isWebhookOf(p.merchantId)} and ${isEncryptedByOlder(webhookEvents.body)}
      limit 1`;
  },
});
