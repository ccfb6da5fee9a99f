import { appendAudit, type Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { notConnected } from '../access-token.ts';
import { shopDomain } from '../shop-domain.ts';
import { SCHEDULE_COLUMNS, toSchedule, type ImportSchedule } from './import-schedules.ts';
import type { ScheduleTimes } from './firings.ts';
import { checkCron, checkTimeZone } from './schedule-times.ts';

export interface SetImportSchedule extends ScheduleTimes {
  merchantId: string;
  shop: string;
  mode: ImportSchedule['mode'];
  enabled: boolean;
}

/**
 * Has a shop imported by itself; a second time it replaces the schedule.
 * @throws CoreError invalid_argument naming the field; failed_precondition when the shop is not connected
 */
export async function setImportSchedule(
  tx: Tx,
  ctx: CommandContext,
  input: SetImportSchedule,
): Promise<ImportSchedule> {
  const { merchantId, mode, enabled } = input;
  const shop = shopDomain(input.shop);
  const cron = checkCron(input.cron);
  const timeZone = checkTimeZone(input.timeZone);
  const [row] = await tx.query<Omit<ImportSchedule, 'nextAt'> & Record<string, unknown>>(
    // From the connection, so that a shop that is not connected gives no row instead of a broken foreign key.
    // The first firing is one after clock_timestamp(): this transaction may have waited for a lock.
    `insert into import_schedules (merchant_id, shop, cron, time_zone, mode, enabled)
     select merchant_id, shop, $3, $4, $5, $6 from shopify_connections where merchant_id = $1 and shop = $2
     on conflict (merchant_id, shop) do update
        set cron = excluded.cron, time_zone = excluded.time_zone, mode = excluded.mode, enabled = excluded.enabled,
            last_error = null, updated_at = clock_timestamp()
     returning ${SCHEDULE_COLUMNS}`,
    [merchantId, shop, cron, timeZone, mode, enabled],
  );
  if (!row) throw notConnected(shop);
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'schedule.set',
    detail: { shop, cron, time_zone: timeZone, mode, enabled },
  });
  return toSchedule(row, new Date());
}
