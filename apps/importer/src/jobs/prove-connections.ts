import { KeyError } from '@core/crypto';
import { inTransaction, type Pool } from '@core/db';
import { listUnproven, type ShopConnection } from '@core/domain';
import { CoreError, type Logger } from '@core/runtime';
import { ShopifyRejected, ShopifyUnavailable, Throttled, Unauthorized } from '@core/shopify';
import type { TokenKeeper } from '../tokens/token-keeper.ts';

const BATCH = 100;

/**
 * Asks the shops of all connections that were made before proofs existed, one after another. A proof does not
 * wait for an import: until then the webhooks of these shops are sent back to Shopify, which gives one up
 * after four hours.
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
          'a connection is unproven and receives nothing: connect the shop again',
        );
      });
    }
    last = some.at(-1);
  } while (last);
}

/** Errors that concern this shop alone: the next one may be proven. */
const isOfTheShop = (error: unknown): boolean =>
  error instanceof CoreError ||
  error instanceof KeyError ||
  error instanceof ShopifyRejected ||
  error instanceof ShopifyUnavailable ||
  error instanceof Throttled ||
  error instanceof Unauthorized;
