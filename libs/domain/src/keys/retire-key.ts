import { sql } from 'drizzle-orm';
import { type Keyring } from '@core/crypto';
import {
  auditLog,
  build,
  columns,
  insertSelect,
  merchantKeys,
  relation,
  statement,
  text,
  type Actor,
  type Reader,
  type Tx,
} from '@core/db';
import { CoreError } from '@core/runtime';

export interface RetireKey {
  keyring: Pick<Keyring, 'currentId' | 'ids'>;
  keyId: string;
}

const { merchantId, dataKey, indexKey } = merchantKeys;

const COUNT_WRAPPED = statement({
  crosses: 'keys',
  params: { keyId: text },
  row: { merchants: sql<number>`count(distinct ${merchantId})::int` },
  text: (p, row) =>
    build
      .select(row)
      .from(merchantKeys)
      .where(
        sql`split_part(${dataKey}, '.', 1) = ${p.keyId} or split_part(${indexKey}, '.', 1) = ${p.keyId}`,
      ),
});

/**
 * Checks that a key of the keyring is no longer in use.
 * @throws CoreError failed_precondition when something still needs the key, with the extent and the next
 * step; not_found when there is no such key, naming the existing ones
 */
export async function assertRetirable(
  reader: Reader,
  { keyring: { currentId, ids }, keyId }: RetireKey,
): Promise<void> {
  if (keyId === currentId) {
    throw new CoreError(
      'failed_precondition',
      `key ${keyId} is the current one; put another key before it in CORE_ENCRYPTION_KEYS of every app, then run keys rotate`,
    );
  }
  const [needed] = await reader.run(COUNT_WRAPPED, { keyId });
  if (needed && needed.merchants > 0) {
    const merchants = needed.merchants === 1 ? '1 merchant' : `${needed.merchants} merchants`;
    throw new CoreError(
      'failed_precondition',
      `key ${keyId} still wraps the keys of ${merchants}; run keys rotate first`,
    );
  }
  if (!ids.includes(keyId)) {
    throw new CoreError(
      'not_found',
      `key ${keyId} is not in CORE_ENCRYPTION_KEYS, which has ${ids.join(', ')}`,
    );
  }
}

const RECORD = statement({
  crosses: 'keys',
  params: { keyId: text, actor: auditLog.actor, requestId: auditLog.requestId },
  text(p) {
    const merchant = relation('merchant', { merchantId });
    const entry = insertSelect(auditLog, {
      merchantId: merchant.merchantId,
      actor: p.actor,
      action: sql`'keys.retire'`,
      detail: sql`jsonb_build_object('key', ${p.keyId})`,
      requestId: p.requestId,
    });
    return sql`${entry} from (select distinct ${columns({ merchantId })} from ${merchantKeys}) as ${merchant}`;
  },
});

/**
 * Records that a key of the keyring is no longer needed and may be removed from CORE_ENCRYPTION_KEYS: one
 * audit row for each merchant, in one statement because there are many.
 * @throws CoreError as assertRetirable
 */
export async function retireKey(tx: Tx, ctx: Actor, input: RetireKey): Promise<void> {
  await assertRetirable(tx, input);
  await tx.run(RECORD, { keyId: input.keyId, actor: ctx.caller, requestId: ctx.requestId });
}
