import { inTransaction, KeyError, type Pool } from '@core/db';
import { listUnproven, type ShopConnection } from '@core/domain';
import { CoreError, type Logger } from '@core/runtime';
import { ShopifyRejected, ShopifyUnavailable, Throttled, Unauthorized } from '@core/shopify';
import type { TokenKeeper } from '../shopify/tokens.ts';

const BATCH = 100;

/**
 * Asks the shops of all connections from before proofs, one after another. They need not be imported to be proven:
 * until then their webhooks are sent back to Shopify, which gives one up after four hours.
 */
export async function proveConnections(
  { pool, tokens, log }: { pool: Pool; tokens: Pick<TokenKeeper, 'read'>; log: Logger },
  signal: AbortSignal,
): Promise<void> {
  let last: ShopConnection | undefined;
  do {
    const after = last;
    const some = await inTransaction(pool, (tx) => listUnproven(tx, after, BATCH));
    for (const connection of some) {
      if (signal.aborted) return;
      await tokens.read(connection).catch((err: unknown) => {
        if (signal.aborted) return;
        if (!isOfTheShop(err)) throw err;
        const { merchantId: merchant_id, shop } = connection;
        log.warn(
          { merchant_id, shop, err },
          'a connection is unproven and receives nothing: connect the shop again',
        );
      });
    }
    last = some.at(-1);
  } while (last);
}

/** About this shop alone: the next one may well be proven. */
const isOfTheShop = (error: unknown): boolean =>
  error instanceof CoreError ||
  error instanceof KeyError ||
  error instanceof ShopifyRejected ||
  error instanceof ShopifyUnavailable ||
  error instanceof Throttled ||
  error instanceof Unauthorized;
