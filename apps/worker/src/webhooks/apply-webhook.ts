import { shopifyId } from '@core/contracts';
import type { Tx } from '@core/db';
import {
  deleteCustomers,
  mergeCustomers,
  PRIVACY_TOPICS,
  recordPrivacyRequest,
  assignShopRedaction,
  recordShopRedaction,
  redactCustomer,
  shopifyRequestId,
  storeScopes,
  uninstallApp,
  upsertCustomers,
  releaseBulkSlices,
  type CommandContext,
  type WaitingWebhook,
  type WebhookOutcome,
  type WebhookTopic,
} from '@core/domain';
import { IdReused } from '@core/runtime';
import {
  readCustomer,
  readExternalId,
  readMerge,
  readPerson,
  readScopes,
  readShopId,
  UnreadableWebhook,
  type Payload,
} from './payloads.ts';

/**
 * Applies a webhook. Outcome ignored: it contains nothing new, or is about a customer who must not come back.
 */
type Apply = (
  tx: Tx,
  ctx: CommandContext,
  webhook: WaitingWebhook,
  payload: Payload,
  /** Receives the reasons why a customer was not stored exactly as sent: codes, no PII. */
  onRowErrors: (reasons: readonly string[]) => void,
) => Promise<WebhookOutcome>;

const storeCustomer: Apply = async (tx, ctx, webhook, payload, onRowErrors) => {
  const { merchantId } = webhook;
  let found: readonly string[] = [];
  const { created, updated, failed } = await upsertCustomers(tx, ctx, {
    merchantId,
    customers: [readCustomer(payload, webhook)],
    onRowErrors: (reasons) => (found = reasons),
  });
  // There is no reason code for an erased customer.
  if (failed > 0) throw new UnreadableWebhook(found[0] ?? 'invalid_customer');
  onRowErrors(found);
  return outcome(created + updated > 0);
};

/** The function that applies each topic, with the same commands as every other caller. */
const APPLY: Readonly<Record<WebhookTopic, Apply>> = {
  'customers/create': storeCustomer,
  'customers/update': storeCustomer,

  'customers/delete': async (tx, ctx, { merchantId }, payload) => {
    const externalIds = [readExternalId(payload)];
    const { deleted } = await deleteCustomers(tx, ctx, { merchantId, externalIds, origin: 'webhook' });
    return outcome(deleted > 0);
  },

  'customers/merge': async (tx, ctx, { merchantId }, payload) => {
    // Shopify also reports a merge that failed in the shop.
    if (payload['status'] === 'failed') return 'ignored';
    const { merged } = await mergeCustomers(tx, ctx, {
      merchantId,
      origin: 'webhook',
      ...readMerge(payload),
    });
    return outcome(merged);
  },

  'bulk_operations/finish': async (tx, _ctx, connection) =>
    outcome((await releaseBulkSlices(tx, connection)) > 0),

  'customers/redact': async (tx, ctx, webhook, payload) => {
    const { merchantId, eventId } = webhook;
    const { externalId, email } = readPerson(payload);
    await underFreeId(webhook, eventId, (requestId) =>
      redactCustomer(tx, ctx, { merchantId, requestId, externalId, email }),
    );
    return 'applied';
  },

  // Answered by an export, which the store owner requests.
  'customers/data_request': async (tx, ctx, webhook, payload) => {
    const { merchantId, eventId } = webhook;
    const { externalId, email, requestNumber = eventId } = readPerson(payload);
    const { recorded } = await underFreeId(webhook, requestNumber, (requestId) =>
      recordPrivacyRequest(tx, ctx, { merchantId, requestId, externalId, email, kind: 'data_request' }),
    );
    return outcome(recorded);
  },

  // Carried out step by step: see redactShopStep.
  'shop/redact': async (tx, ctx, webhook, payload) => {
    const { merchantId, shop, eventId, triggeredAt: at } = webhook;
    const shopId = shopifyId(payload['shop_id']) ?? undefined;
    const installation = await assignShopRedaction(tx, { shopId, at });
    if (!installation) return 'ignored';
    const recorded = await underFreeId(webhook, eventId, (requestId) =>
      recordShopRedaction(tx, ctx, { merchantId, shop, requestId, ...installation }),
    );
    return outcome(recorded);
  },

  'app/uninstalled': async (tx, ctx, { merchantId, shop, triggeredAt: at }, payload) => {
    const shopId = readShopId(payload);
    return outcome(await uninstallApp(tx, ctx, { merchantId, shop, shopId, at }));
  },

  'app/scopes_update': async (tx, ctx, { merchantId, shop, triggeredAt: at }, payload) =>
    outcome(await storeScopes(tx, ctx, { merchantId, shop, scopes: readScopes(payload), at })),
};

/**
 * Applies a privacy request under its recorded id, or, if another request has that id, under an id derived
 * from the webhook. A signed request is genuine even if its id was used before: if it were given up for that,
 * no one would serve it.
 */
async function underFreeId<T>(
  { id, requestId }: WaitingWebhook,
  number: string,
  apply: (requestId: string) => Promise<T>,
): Promise<T> {
  try {
    return await apply(requestId ?? shopifyRequestId(number));
  } catch (error) {
    // At this point nothing of the request is written.
    if (!(error instanceof IdReused)) throw error;
    return apply(shopifyRequestId(id));
  }
}

/**
 * Applies one webhook in the caller's transaction.
 * @throws UnreadableWebhook, and the errors of the commands
 */
export const applyWebhook: Apply = async (tx, ctx, webhook, payload, onRowErrors) =>
  webhook.connected || WITHOUT_CONNECTION.includes(webhook.topic)
    ? APPLY[webhook.topic](tx, ctx, webhook, payload, onRowErrors)
    : 'ignored';

/** Applied to a shop that is no longer connected, whose data stays until shop/redact. */
const WITHOUT_CONNECTION: readonly WebhookTopic[] = ['app/uninstalled', ...PRIVACY_TOPICS];

const outcome = (changed: boolean): WebhookOutcome => (changed ? 'applied' : 'ignored');
