import type { MerchantId } from '@core/contracts';
import { inTransaction, type Pool } from '@core/db';
import { findMerchantOfShop } from '@core/domain';
import { CoreError } from '@core/runtime';
import { OpsError } from '../cli/errors.ts';
import { assertMerchantIsKnown } from '../connect/assert-merchant.ts';

/**
 * Adds the next step to the refusal to release a shop.
 * @throws OpsError, or another error as it is
 */
export const explainRefusal =
  (pool: Pool, { merchantId, shop }: { merchantId: MerchantId; shop: string }) =>
  async (error: unknown): Promise<never> => {
    if (!(error instanceof CoreError)) throw error;
    const requests = `npm run ops -- privacy list --merchant ${merchantId}`;
    if (error.kind !== 'not_found') throw new OpsError(`${error.message}; see: ${requests}`);
    await assertMerchantIsKnown(pool, merchantId);
    const owner = await inTransaction(pool, (tx) => findMerchantOfShop(tx, { shop }));
    throw new OpsError(
      owner === null
        ? `--shop: ${shop} belongs to no merchant, and any can connect it`
        : `--shop: ${shop} belongs to merchant ${owner}, not to merchant ${merchantId}`,
    );
  };
