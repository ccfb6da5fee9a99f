import type { MerchantId } from '@core/contracts';
import { appendAudit, build, importSchedules, ONE, statement, type Tx } from '@core/db';
import { notFound } from '@core/runtime';
import type { CommandContext } from '../../core/index.ts';
import { shopDomain } from '../shop-domain.ts';
import { ofShop, SHOP } from '../shops/of-shop.ts';

const DELETE = statement({
  params: SHOP,
  row: ONE,
  text: (p, row) => build.delete(importSchedules).where(ofShop(importSchedules, p)).returning(row),
});

/** Deletes a schedule. Imports that it has started continue. @throws CoreError invalid_argument; not_found */
export async function deleteImportSchedule(
  tx: Tx,
  ctx: CommandContext,
  input: { merchantId: MerchantId; shop: string },
): Promise<void> {
  const { merchantId } = input;
  const shop = shopDomain(input.shop);
  const deleted = await tx.run(DELETE, { merchantId, shop });
  if (deleted.length === 0) throw notFound('schedule');
  await appendAudit(tx, ctx, { merchantId, action: 'schedule.delete', detail: { shop } });
}
