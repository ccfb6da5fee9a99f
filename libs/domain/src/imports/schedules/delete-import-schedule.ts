import { appendAudit, type Tx } from '@core/db';
import { notFound } from '@core/runtime';
import type { CommandContext } from '../../core/index.ts';
import { shopDomain } from '../shop-domain.ts';

/** Imports that it has started go on. @throws CoreError invalid_argument; not_found */
export async function deleteImportSchedule(
  tx: Tx,
  ctx: CommandContext,
  input: { merchantId: string; shop: string },
): Promise<void> {
  const { merchantId } = input;
  const shop = shopDomain(input.shop);
  const deleted = await tx.query(
    'delete from import_schedules where merchant_id = $1 and shop = $2 returning 1',
    [merchantId, shop],
  );
  if (deleted.length === 0) throw notFound('schedule');
  await appendAudit(tx, ctx, { merchantId, action: 'schedule.delete', detail: { shop } });
}
