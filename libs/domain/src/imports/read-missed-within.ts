import { and, eq, isNull, sql } from 'drizzle-orm';
import {
  customerImportLogs,
  returning,
  shopifyConnections,
  statement,
  webhookEvents,
  type Tx,
} from '@core/db';
import type { MissedWithin } from '../customers/index.ts';
import type { ImportRef } from './cancel-import.ts';
import { isRun, RUN } from './of-run.ts';

/**
 * Shopify sends a webhook again for four hours.
 * Source: shopify.dev/docs/apps/build/webhooks/subscribe/https.
 */
const STILL_SENT = sql`interval '4 hours'`;
/** The clock that stamps a change and the one that stamps its webhook may differ. */
const CLOCKS_DIFFER = sql`interval '1 minute'`;

const READ = statement({
  params: RUN,
  text(p) {
    const { triggeredAt, receivedAt, outcome } = webhookEvents;
    const ofConnection = and(
      eq(shopifyConnections.merchantId, p.merchantId),
      eq(shopifyConnections.shop, customerImportLogs.shop),
    );
    const firstWaiting = sql`(
      select min(coalesce(${triggeredAt}, ${receivedAt})) from ${webhookEvents}
       where ${and(
         eq(webhookEvents.merchantId, p.merchantId),
         eq(webhookEvents.shop, customerImportLogs.shop),
         isNull(outcome),
       )})`;
    return returning(
      {
        from: sql<Date>`${shopifyConnections.createdAt}`,
        before: sql<Date>`least(${customerImportLogs.startedAt} - ${STILL_SENT}, ${firstWaiting} - ${CLOCKS_DIFFER})`,
      },
      (row) => sql`
      select ${row} from ${customerImportLogs} join ${shopifyConnections} on ${ofConnection}
       where ${isRun(p)} and ${customerImportLogs.mode} = 'delta'`,
    );
  },
});

/**
 * Returns the times of the changes that a delta run counts as missed when it finds them: after the
 * connection, and so early that their webhook is neither still sent nor waiting here. Undefined for a full
 * run.
 */
export const readMissedWithin = async (
  tx: Tx,
  { merchantId, importId }: ImportRef,
): Promise<MissedWithin | undefined> => (await tx.run(READ, { merchantId, importId }))[0];
