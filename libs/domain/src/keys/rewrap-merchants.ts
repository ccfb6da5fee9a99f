import type { MerchantId } from '@core/contracts';
import { rewrapKeys, findKeysToRewrap, type KeyRef, type Keyring } from '@core/crypto';
import { appendAudits, type Actor, type Tx } from '@core/db';

export interface RewrapMerchants {
  keyring: Keyring;
  /** Where the previous page ended; null at the start. */
  after: KeyRef | null;
  limit: number;
}

export interface RewrappedPage {
  /** Number of rows; a merchant has one for each generation. */
  rewrapped: number;
  /** Cursor of the next page; null when nothing is left. */
  next: KeyRef | null;
}

/**
 * Rewraps the next page of merchants' keys with the keyring's current key. The merchants' keys do not change,
 * and neither does anything that they encrypt. Keys already wrapped with the current key are skipped, so the
 * function is idempotent.
 * @throws KeyError when keys cannot be unwrapped: their keyring key is missing, or the row was changed
 */
export async function rewrapMerchants(
  tx: Tx,
  ctx: Actor,
  { keyring, after, limit }: RewrapMerchants,
): Promise<RewrappedPage> {
  const rows = await findKeysToRewrap(tx, keyring, after, limit);
  const merchants = new Map<MerchantId, number>();
  let rewrapped = 0;
  for (const row of rows) {
    if (!(await rewrapKeys(tx, keyring, row.merchantId, row))) continue;
    merchants.set(row.merchantId, (merchants.get(row.merchantId) ?? 0) + 1);
    rewrapped++;
  }
  await appendAudits(
    tx,
    [...merchants].map(([merchantId, generations]) => ({
      actor: ctx,
      entry: { merchantId, action: 'keys.rewrap', detail: { key: keyring.currentId, generations } },
    })),
  );
  const last = rows.length === limit ? rows.at(-1) : undefined;
  return { rewrapped, next: last ? { merchantId: last.merchantId, generation: last.generation } : null };
}
