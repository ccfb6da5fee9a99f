import { KeyError } from '@core/crypto';
import { inTransaction, type Pool } from '@core/db';
import { listUnproven, type ShopConnection } from '@core/domain';
import { CoreError, type Logger } from '@core/runtime';
import { ShopifyRejected, ShopifyUnavailable, Throttled, Unauthorized } from '@core/shopify';
import type { TokenKeeper } from '../tokens/token-keeper.ts';

const BATCH = 100;

/**
 * Proves all connections that were made before proofs existed, by a request to each shop, one after another.
 * This does not wait for an import: until the proof, the webhooks of these shops are refused, and Shopify
 * gives up on a webhook after four hours.
 */
export async function proveConnections(
  { pool, tokens, log }: { pool: Pool; tokens: Pick<TokenKeeper, 'read'>; log: Logger },
  signal: AbortSignal,
): Promise<void> {
  let last: ShopConnection | undefined;
  do {
    const after = last;
    const some = await inTransaction(pool, (tx) => listUnproven(tx, { after, most: BATCH }));
    for (const connection of some) {
      if (signal.aborted) return;
      await tokens.read(connection).catch((err: unknown) => {
        if (signal.aborted) return;
        if (!isOfTheShop(err)) throw err;
        const { merchantId: merchant_id, shop } = connection;
        log.warn(
          { merchant_id, shop, err },
          'a connection is unproven and receives no webhooks: connect the shop again',
        );
      });
    }
    last = some.at(-1);
  } while (last);
}

/** Returns whether an error concerns only this shop, so that the next connection may still be proven. */
const isOfTheShop = (error: unknown): boolean =>
  error instanceof CoreError ||
  error instanceof KeyError ||
  error instanceof ShopifyRejected ||
  error instanceof ShopifyUnavailable ||
  error instanceof Throttled ||
  error instanceof Unauthorized;
