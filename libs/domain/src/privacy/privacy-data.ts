import type { Reader, Tx } from '@core/db';
import { externalIdOf, shopifyNumber, type CommandContext } from '../core/index.ts';
import { openReadable, type SealedEmail } from '../customers/index.ts';
import { findHeldWebhooks } from './held-webhooks.ts';
import {
  COUNT_AUDIT_LOG,
  READ_AUDIT_LOG,
  READ_CUSTOMERS,
  READ_IMPORT_ERRORS,
  READ_IMPORT_IDS,
  READ_PARKED_EVENTS,
  READ_PRIVACY_REQUESTS,
} from './personal-rows.ts';

/** JSON of what is held, by place; a place that holds nothing is an empty list. */
export type PersonalData = Record<string, unknown[]>;

/** What is not in an export although it is, or may be, of the person. No PII. */
export interface LeftOut {
  place: string;
  count: number;
  /**
   * - email_does_not_open, body_does_not_open: changed, or its key is lost; whose a body is nobody can tell
   * - body_is_no_json: it holds no name as it is written, and may be about the person in another form
   * - not_looked_at: emails without a blind index that nobody decrypted
   * - too_many: ListAuditLog reads them
   */
  reason: 'email_does_not_open' | 'body_does_not_open' | 'body_is_no_json' | 'not_looked_at' | 'too_many';
}

/**
 * Everything held on a person who may be several customers, and on those that were merged with them.
 * @returns null when nobody of these ids is here, or no more: unknown, another merchant's, erased
 */
export async function readPersonalData(
  tx: Tx,
  ctx: Pick<CommandContext, 'keys'>,
  { merchantId, customerIds }: { merchantId: string; customerIds: readonly string[] },
): Promise<{ data: PersonalData; leftOut: LeftOut[] } | null> {
  const customers = await tx.run(READ_CUSTOMERS, { merchantId, ids: customerIds });
  if (!customers.some(({ id }) => customerIds.includes(id))) return null;
  const ids = customers.map(({ id }) => id);
  const externalIds = customers.flatMap(({ external_id: id }) => (id ? [externalIdOf(id)] : []));
  const sealed = customers.filter(
    (customer): customer is typeof customer & SealedEmail => customer.email !== null,
  );
  const emails = await openReadable(tx, ctx, merchantId, sealed);
  const webhooks = await readWebhooks(tx, ctx, merchantId, {
    externalIds: new Set(externalIds),
    emailHashes: new Set(customers.flatMap(({ email_hash: hash }) => hash ?? [])),
  });
  const person = { merchantId, customerIds: ids };
  const data = {
    customers: customers.map((customer) => ({ ...customer, email: emails.get(customer.id) ?? null })),
    customer_import_errors: await tx.run(READ_IMPORT_ERRORS, { merchantId, externalIds }),
    customer_import_ids: await tx.run(READ_IMPORT_IDS, {
      merchantId,
      numbers: externalIds.flatMap((id) => shopifyNumber(id) ?? []),
    }),
    parked_events: await tx.run(READ_PARKED_EVENTS, person),
    webhook_events: webhooks.rows,
    privacy_requests: await tx.run(READ_PRIVACY_REQUESTS, person),
    audit_log: await tx.run(READ_AUDIT_LOG, person),
  };
  const [audit] = await tx.run(COUNT_AUDIT_LOG, person);
  const leftOut: LeftOut[] = [
    { place: 'customers', count: sealed.length - emails.size, reason: 'email_does_not_open' },
    { place: 'webhook_events', count: webhooks.unreadable, reason: 'body_does_not_open' },
    { place: 'webhook_events', count: webhooks.unjudged, reason: 'body_is_no_json' },
    { place: 'audit_log', count: (audit?.n ?? 0) - data.audit_log.length, reason: 'too_many' },
  ];
  return { data, leftOut: leftOut.filter(({ count }) => count > 0) };
}

async function readWebhooks(
  reader: Reader,
  ctx: Pick<CommandContext, 'keys'>,
  merchantId: string,
  names: Parameters<typeof findHeldWebhooks>[4],
): Promise<{ rows: unknown[]; unreadable: number; unjudged: number }> {
  const keys = await ctx.keys.find(reader, merchantId);
  if (!keys) return { rows: [], unreadable: 0, unjudged: 0 };
  const { webhooks, unreadable, unjudged } = await findHeldWebhooks(reader, ctx, keys, merchantId, names);
  const rows = webhooks.map(({ topic, receivedAt, opened }) => ({
    topic,
    received_at: receivedAt,
    body: opened.toString('utf8'),
  }));
  return { rows, unreadable, unjudged };
}
