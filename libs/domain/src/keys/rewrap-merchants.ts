import type { MerchantId } from '@core/contracts';
import { rewrapKeys, wrappedByOthers, type KeyRef, type Keyring } from '@core/crypto';
import { appendAudits, type Actor, type Tx } from '@core/db';

export interface RewrapMerchants {
  keyring: Keyring;
  /** Where the page before ended; null at the start. */
  after: KeyRef | null;
  limit: number;
}

export interface RewrappedPage {
  /** Rows; a merchant has one for each generation. */
  rewrapped: number;
  /** Where to go on; null when there was none left. */
  next: KeyRef | null;
}

/**
 * Wraps the next page of merchants' keys by the keyring's current key. The merchants' keys do not change, so
 * nothing that they encrypt does. Keys that it wraps already are passed over: doing it twice does nothing.
 * @throws KeyError when keys do not unwrap: their keyring key is missing, or the row was changed
 */
export async function rewrapMerchants(
  tx: Tx,
  ctx: Actor,
  { keyring, after, limit }: RewrapMerchants,
): Promise<RewrappedPage> {
  const rows = await wrappedByOthers(tx, keyring, after, limit);
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
