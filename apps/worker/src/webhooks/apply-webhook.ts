import type { Tx } from '@core/db';
import {
  deleteCustomers,
  mergeCustomers,
  recordPrivacyRequest,
  redactCustomer,
  shopifyRequestId,
  upsertCustomers,
  wakeBulkSlices,
  type CommandContext,
  type WaitingWebhook,
  type WebhookOutcome,
  type WebhookTopic,
} from '@core/domain';
import {
  readCustomer,
  readCustomerId,
  readMerge,
  readPerson,
  UnreadableWebhook,
  type Payload,
} from './payloads.ts';

/** Ignored: it said nothing that was not known, or of somebody who may not come back. */
type Apply = (
  tx: Tx,
  ctx: CommandContext,
  webhook: WaitingWebhook,
  payload: Payload,
  /** Told why a customer was not stored as told: codes, no PII. */
  onRowErrors: (reasons: readonly string[]) => void,
) => Promise<WebhookOutcome>;

const storeCustomer: Apply = async (tx, ctx, { merchantId }, payload, onRowErrors) => {
  let found: readonly string[] = [];
  const { created, updated, failed } = await upsertCustomers(tx, ctx, {
    merchantId,
    customers: [readCustomer(payload)],
    onRowErrors: (reasons) => (found = reasons),
  });
  // No reason is told for an erased customer.
  if (failed > 0) throw new UnreadableWebhook(found[0] ?? 'invalid_customer');
  onRowErrors(found);
  return outcome(created + updated > 0);
};

/** What each topic is applied by: the commands of everybody else. */
const APPLY: Readonly<Record<WebhookTopic, Apply>> = {
  'customers/create': storeCustomer,
  'customers/update': storeCustomer,

  'customers/delete': async (tx, ctx, { merchantId }, payload) => {
    const externalIds = [readCustomerId(payload)];
    const { deleted } = await deleteCustomers(tx, ctx, { merchantId, externalIds, origin: 'webhook' });
    return outcome(deleted > 0);
  },

  'customers/merge': async (tx, ctx, { merchantId }, payload) => {
    // A merge that failed in the shop is told of, too.
    if (payload['status'] === 'failed') return 'ignored';
    const { merged } = await mergeCustomers(tx, ctx, {
      merchantId,
      origin: 'webhook',
      ...readMerge(payload),
    });
    return outcome(merged);
  },

  'bulk_operations/finish': async (tx, _ctx, connection) =>
    outcome((await wakeBulkSlices(tx, connection)) > 0),

  'customers/redact': async (tx, ctx, { merchantId, eventId }, payload) => {
    const { externalId, email } = readPerson(payload);
    await redactCustomer(tx, ctx, { merchantId, requestId: shopifyRequestId(eventId), externalId, email });
    return 'applied';
  },

  // Answered by an export, which the store owner asks for.
  'customers/data_request': async (tx, ctx, { merchantId, eventId }, payload) => {
    const { externalId, email, requestNumber = eventId } = readPerson(payload);
    const request = { merchantId, requestId: shopifyRequestId(requestNumber), externalId, email };
    return outcome((await recordPrivacyRequest(tx, ctx, { ...request, kind: 'data_request' })).recorded);
  },

  // Carried out step by step: see redactShops.
  'shop/redact': async (tx, ctx, { merchantId, shop, eventId }) => {
    const request = { merchantId, shop, requestId: shopifyRequestId(eventId) };
    return outcome((await recordPrivacyRequest(tx, ctx, { ...request, kind: 'shop_redact' })).recorded);
  },
};

/**
 * Applies one webhook in the caller's transaction.
 * @throws UnreadableWebhook, and whatever the commands throw
 */
export const applyWebhook: Apply = (tx, ctx, webhook, payload, onRowErrors) =>
  APPLY[webhook.topic](tx, ctx, webhook, payload, onRowErrors);

const outcome = (changed: boolean): WebhookOutcome => (changed ? 'applied' : 'ignored');
