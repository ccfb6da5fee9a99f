import { and, eq, isNull, sql } from 'drizzle-orm';
import { build, merchantKeys, statement } from '@core/db';
import type { ShopStep } from '../held-place.ts';

const DESTROY_KEYS = statement({
  params: { merchantId: merchantKeys.merchantId },
  text: (p) =>
    build
      .update(merchantKeys)
      .set({ dataKey: null, indexKey: null, destroyedAt: sql`now()` })
      .where(and(eq(merchantKeys.merchantId, p.merchantId), isNull(merchantKeys.destroyedAt))),
});

/**
 * Destroys every generation of keys: older ones decrypt the data of an older backup. Receipts count them as
 * one. The caller has locked them.
 */
export const destroyKeys: ShopStep = async (tx, _, { merchantId }) => {
  await tx.run(DESTROY_KEYS, { merchantId });
  return { removed: 1 };
};
