import { and, eq, sql } from 'drizzle-orm';
import {
  appendAudits,
  build,
  nullable,
  statement,
  text,
  webhookEvents,
  type Actor,
  type Placeholders,
  type Reader,
  type Tx,
} from '@core/db';
import { WEBHOOKS_CHANNEL } from './topics.ts';

/** Webhooks that were given up. An absent field does not narrow the selection. */
export interface FailedWebhooks {
  shop?: string | undefined;
  /** Why they failed, such as sql_42501. */
  error?: string | undefined;
}

export interface FailedWebhookGroup {
  shop: string;
  topic: string;
  error: string;
  webhooks: number;
  /** When the oldest webhook was received. */
  oldest: Date;
}

const WHICH = { shop: nullable(text), error: nullable(text) };
const isFailed = (p: Placeholders<typeof WHICH>) =>
  and(
    eq(webhookEvents.outcome, 'failed'),
    sql`(${p.shop} is null or ${webhookEvents.shop} = ${p.shop})`,
    sql`(${p.error} is null or ${webhookEvents.error} = ${p.error})`,
  );
const lowerCase = ({ shop, error }: FailedWebhooks) => ({ shop: shop?.toLowerCase(), error });

const COUNT = statement({
  crosses: 'operators',
  params: WHICH,
  row: {
    shop: webhookEvents.shop,
    topic: webhookEvents.topic,
    error: sql<string>`${webhookEvents.error}`,
    webhooks: sql<number>`count(*)::float8`,
    oldest: sql<Date>`min(${webhookEvents.receivedAt})`,
  },
  text: (p, row) => sql`
    select ${row} from ${webhookEvents} where ${isFailed(p)} group by 1, 2, 3 order by 4 desc, 1, 2, 3`,
});

/** Counts failed webhooks by shop, topic and reason; the largest group first. */
export const countFailedWebhooks = (reader: Reader, which: FailedWebhooks): Promise<FailedWebhookGroup[]> =>
  reader.run(COUNT, lowerCase(which));

const REDRIVE = statement({
  crosses: 'operators',
  params: WHICH,
  row: { merchantId: webhookEvents.merchantId },
  text: (p, row) =>
    build
      .update(webhookEvents)
      .set({ outcome: null, error: null, attempts: 0, finishedAt: null, nextAttemptAt: sql`now()` })
      .where(isFailed(p))
      .returning(row),
});

/**
 * Has the worker apply failed webhooks again, from the first attempt. The worker ignores those whose content
 * is outdated.
 * @returns how many webhooks
 */
export async function redriveWebhooks(tx: Tx, ctx: Actor, which: FailedWebhooks): Promise<number> {
  const redriven = await tx.run(REDRIVE, lowerCase(which));
  const byMerchant = Map.groupBy(redriven, ({ merchantId }) => merchantId);
  await appendAudits(
    tx,
    [...byMerchant].map(([merchantId, { length }]) => ({
      actor: ctx,
      entry: { merchantId, action: 'webhooks.redrive', detail: { webhooks: length } },
    })),
  );
  if (redriven.length > 0) tx.notify(WEBHOOKS_CHANNEL);
  return redriven.length;
}
