import { appendAudits, type Actor, type Reader, type Tx } from '@core/db';
import { WEBHOOKS_CHANNEL } from './topics.ts';

/** Webhooks that were given up. What is absent does not narrow. */
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
  /** Received. */
  oldest: Date;
}

const FAILED = `outcome = 'failed' and ($1::text is null or shop = $1) and ($2::text is null or error = $2)`;
const conditions = ({ shop, error }: FailedWebhooks) => [shop?.toLowerCase() ?? null, error ?? null];

/** What was given up, by shop, topic and reason; the most first. */
export const countFailedWebhooks = async (
  reader: Reader,
  which: FailedWebhooks,
): Promise<FailedWebhookGroup[]> =>
  (
    await reader.query<Omit<FailedWebhookGroup, 'webhooks'> & { n: string }>(
      `select shop, topic, error, count(*) as n, min(received_at) as oldest
         from webhook_events where ${FAILED} group by 1, 2, 3 order by 4 desc, 1, 2, 3`,
      conditions(which),
    )
  ).map(({ n, ...group }) => ({ ...group, webhooks: Number(n) }));

/**
 * Has the worker apply them again, from the first attempt: what it knows better by now it ignores.
 * @returns how many
 */
export async function redriveWebhooks(tx: Tx, actor: Actor, which: FailedWebhooks): Promise<number> {
  const redriven = await tx.query<{ merchantId: string }>(
    `update webhook_events
        set outcome = null, error = null, attempts = 0, finished_at = null, next_attempt_at = now()
      where ${FAILED} returning merchant_id as "merchantId"`,
    conditions(which),
  );
  const byMerchant = Map.groupBy(redriven, ({ merchantId }) => merchantId);
  await appendAudits(
    tx,
    [...byMerchant].map(([merchantId, { length }]) => ({
      actor,
      entry: { merchantId, action: 'webhooks.redrive', detail: { webhooks: length } },
    })),
  );
  if (redriven.length > 0) tx.announce(WEBHOOKS_CHANNEL);
  return redriven.length;
}
