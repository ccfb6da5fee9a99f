import { and, eq, isNull, sql } from 'drizzle-orm';
import { build, lockShared, ONE, privacyRequests, statement, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import type { ShopConnection } from '../access-token.ts';
import { SHOP } from './of-shop.ts';

const FIND_BEGUN = statement({
  params: SHOP,
  row: ONE,
  text: (p, row) =>
    build
      .select(row)
      .from(privacyRequests)
      .where(
        and(
          eq(privacyRequests.merchantId, p.merchantId),
          eq(privacyRequests.kind, 'shop_redact'),
          isNull(privacyRequests.completedAt),
          isNull(privacyRequests.cancelledAt),
          sql`case when ${privacyRequests.receipt} ->> 'whole' = 'true' then true
                else ${privacyRequests.receipt} ? 'whole' and ${privacyRequests.receipt} ->> 'shop' = ${p.shop} end`,
        ),
      ),
});

/**
 * Refuses a new connection while data of the shop is being removed: the removal would include it. A redaction
 * that has not begun does not matter, because it checks the installation first.
 * @throws CoreError failed_precondition
 */
export async function refuseWhileRedacting(tx: Tx, { merchantId, shop }: ShopConnection): Promise<void> {
  // A step of a redaction holds this lock exclusively: see lockShopRedaction.
  await lockShared(tx, `shop_redact|${merchantId}`);
  if ((await tx.run(FIND_BEGUN, { merchantId, shop })).length === 0) return;
  throw new CoreError(
    'failed_precondition',
    `shop: data of an earlier connection of ${shop} is being removed; try again in a few minutes`,
    { field: 'shop' },
  );
}
