import type { MerchantId } from '@core/contracts';
import type { Statement } from '@core/db';
import type { ShopStep } from '../held-place.ts';

/** Turns a statement into a step. The statement returns one row for each row that it removed. */
export const stepOf =
  (remove: Statement<{ merchantId: MerchantId; shop: string | null | undefined }, unknown>): ShopStep =>
  async (tx, _, { merchantId, progress: { whole, shop } }) => {
    const gone = await tx.run(remove, { merchantId, shop: whole ? null : shop });
    return { removed: gone.length };
  };
