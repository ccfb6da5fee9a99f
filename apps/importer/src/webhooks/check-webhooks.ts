import { SUBSCRIBED_TOPICS, type DueShop, type ShopConnection } from '@core/domain';
import type { Logger } from '@core/runtime';
import {
  createSubscription,
  deleteSubscription,
  isOfService,
  listSubscriptions,
  missingScopes,
  moveSubscription,
  planSubscriptions,
  scopeOfTopic,
  type BindShop,
  type RefusedSubscription,
  type ShopClient,
} from '@core/shopify';
import type { ImporterMetrics } from '../metrics.ts';

/** The subscriber to webhooks: the app's configuration at Shopify, or this service in each shop. */
export type WebhookSettings = { by: 'app' } | { by: 'shop'; address: string };

export interface CheckWebhooksDeps {
  shopClient: BindShop<ShopConnection>;
  webhooks: WebhookSettings;
  metrics: Pick<ImporterMetrics, 'subscriptions'>;
  log: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Checks the subscriptions of one shop, and repairs them if this service makes them. A shop that needs no
 * change gets one query and no mutation.
 * @param onAnswer receives the time of each answer, by Shopify's clock: the shop accepts the token
 * @returns the topics that cannot be subscribed to, each as `<reason> <topic>`
 * @throws as ShopClient
 */
export async function checkWebhooks(
  deps: CheckWebhooksDeps,
  { merchantId, shop, scopes }: DueShop,
  signal: AbortSignal,
  onAnswer: (at: Date) => void,
): Promise<string[]> {
  const { webhooks, metrics, log } = deps;
  const bound = deps.shopClient({ merchantId, shop }, { signal });
  const client: Pick<ShopClient, 'graphql'> = {
    async graphql(request) {
      const reply = await bound.graphql(request);
      onAnswer(reply.answeredAt ?? new Date());
      return reply;
    },
  };
  const found = await listSubscriptions(client, SUBSCRIBED_TOPICS);
  if (webhooks.by === 'app') {
    reportTwice(deps, { merchantId, shop }, found.filter(isOfService).length);
    return [];
  }
  const { address } = webhooks;
  const { create, move, remove } = planSubscriptions(SUBSCRIBED_TOPICS, address, found);
  const problems: string[] = [];
  const settle = (change: string, topic: string, refused: RefusedSubscription | undefined) => {
    if (refused) {
      problems.push(`${refused.why} ${topic}`);
      log.warn(
        { merchant_id: merchantId, shop, topic, answer: refused.message },
        'Shopify refuses a subscription to webhooks',
      );
      return;
    }
    metrics.subscriptions.inc({ change });
    log.info({ merchant_id: merchantId, shop, topic, change }, 'a subscription to webhooks was repaired');
  };
  // First: Shopify refuses a second subscription of a topic at the same address.
  for (const { id, topic } of remove) settle('removed', topic, await deleteSubscription(client, id));
  for (const { id, topic } of move) settle('moved', topic, await moveSubscription(client, id, address));
  for (const topic of create.filter((topic) => mayReceive(topic, scopes))) {
    settle('created', topic, await createSubscription(client, topic, address));
  }
  return problems;
}

/** Shopify would refuse the topic. GetShop tells the merchant which scope is missing. */
function mayReceive(topic: string, scopes: readonly string[] | null): boolean {
  const scope = scopeOfTopic(topic);
  return scopes === null || scope === undefined || missingScopes(scopes, [scope]).length === 0;
}

/**
 * They are not removed: no API says whether the configuration subscribes as well, and without it these are
 * the only ones. A second delivery does no harm, because a webhook is stored once for each event.
 */
function reportTwice({ log }: CheckWebhooksDeps, { merchantId, shop }: ShopConnection, count: number): void {
  if (count === 0) return;
  log.warn(
    { merchant_id: merchantId, shop, subscriptions: count },
    'this shop itself has subscriptions to this service: if the configuration of the app at Shopify subscribes as ' +
      'well, webhooks arrive twice; if it does not, set SHOPIFY_WEBHOOKS=shop, or Shopify may remove them unnoticed',
  );
}
