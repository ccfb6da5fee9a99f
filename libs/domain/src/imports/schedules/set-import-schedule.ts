import { sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import {
  appendAudit,
  assign,
  bare,
  build,
  importSchedules,
  insertSelect,
  isForeignKeyViolation,
  ONE,
  shopifyConnections,
  statement,
  type Tx,
} from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { notConnected } from '../access-token.ts';
import { shopDomain } from '../shop-domain.ts';
import { ofShop, SHOP } from '../shops/of-shop.ts';
import { SCHEDULE, toSchedule, type ImportSchedule } from './import-schedules.ts';
import type { ScheduleTimes } from './firings.ts';
import { checkCron, checkTimeZone } from './schedule-times.ts';

export interface SetImportSchedule extends ScheduleTimes {
  merchantId: MerchantId;
  shop: string;
  mode: ImportSchedule['mode'];
  enabled: boolean;
}

const LOCK = statement({
  params: SHOP,
  row: ONE,
  text: (p, row) => build.select(row).from(importSchedules).where(ofShop(importSchedules, p)).for('update'),
});

const SET = statement({
  params: {
    ...SHOP,
    cron: importSchedules.cron,
    timeZone: importSchedules.timeZone,
    mode: importSchedules.mode,
    enabled: importSchedules.enabled,
  },
  row: SCHEDULE,
  text({ merchantId, shop, ...given }, row) {
    // Selected from the connection: a shop that is not connected returns no row rather than a foreign key
    // violation. The first firing comes after the start of this statement, because the transaction may have
    // waited for the lock before.
    return sql`
      ${insertSelect(importSchedules, { ...SHOP, ...given })}
        from ${shopifyConnections}
       where ${ofShop(shopifyConnections, { merchantId, shop })}
      on conflict (${bare(importSchedules.merchantId, importSchedules.shop)})
      do update set ${assign(importSchedules, {
        ...given,
        lastError: sql`null`,
        updatedAt: sql`statement_timestamp()`,
      })}
      returning ${row}`;
  },
});

/**
 * Schedules automatic imports of a shop; a second call replaces the schedule.
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
  await tx.run(LOCK, { merchantId, shop });
  const [row] = await tx
    .run(SET, { merchantId, shop, cron, timeZone, mode, enabled })
    .catch((error: unknown) => {
      // The connection was removed while the statement ran.
      throw isForeignKeyViolation(error) ? notConnected(shop) : error;
    });
  if (!row) throw notConnected(shop);
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'schedule.set',
    detail: { shop, cron, time_zone: timeZone, mode, enabled },
  });
  return toSchedule(row, new Date());
}
