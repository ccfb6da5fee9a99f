import type { Reader, Tx } from '@core/db';
import { auditIdsOf } from '../audit/index.ts';
import { externalIdOf, shopifyNumber, type CommandContext } from '../core/index.ts';
import { MERGED_WITH, openReadable, type SealedEmail } from '../customers/index.ts';
import { findHeldWebhooks } from './held-webhooks.ts';

/** JSON of what is held, by place; a place that holds nothing is an empty list. */
export type PersonalData = Record<string, unknown[]>;

/** Of a person's audit log: a message has an end. ListAuditLog reads the rest. */
const MOST_AUDIT_ROWS = 1_000;

/** Arguments of auditIdsOf: the statements of an export have the merchant and the customers as their values. */
const audited = { merchant: '$1', customers: '$2', before: 'null' };

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
  const customers = await tx.query<CustomerData & Record<string, unknown>>(
    `select id, external_id, email, encode(email_hash, 'hex') as email_hash, metadata, rfm_score, version,
            source_updated_at, merged_into, deleted_at, created_at, updated_at
       from customers where merchant_id = $1 and id in (${MERGED_WITH}) and erased_at is null order by id`,
    [merchantId, customerIds],
  );
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
  const read = (sql: string, values: unknown[]) =>
    tx.query<Record<string, unknown>>(sql, [merchantId, ...values]);
  const data = {
    customers: customers.map((customer) => ({ ...customer, email: emails.get(customer.id) ?? null })),
    customer_import_errors: await read(
      `select import_id, external_id, reason, occurred_at from customer_import_errors
        where merchant_id = $1 and external_id = any($2) order by id`,
      [externalIds],
    ),
    customer_import_ids: await read(
      `select import_id, slice, page from customer_import_ids
        where merchant_id = $1 and ids && $2::bigint[]
          and import_id in (select id from customer_import_logs where merchant_id = $1)
        order by import_id, slice, page`,
      [externalIds.flatMap((id) => shopifyNumber(id) ?? [])],
    ),
    parked_events: await read(
      `select topic, body, parked_at, give_up_at from parked_events
        where merchant_id = $1 and customer_id = any($2::uuid[]) order by id`,
      [ids],
    ),
    webhook_events: webhooks.rows,
    privacy_requests: await read(
      `select request_id, kind, received_at, due_at, completed_at from privacy_requests
        where merchant_id = $1 and customer_id = any($2::uuid[]) order by received_at`,
      [ids],
    ),
    // Without the other customers whom a row names: they are other people.
    audit_log: await read(
      `select actor, action, detail, request_id, occurred_at from audit_log
        where merchant_id = $1 and id in (${auditIdsOf({ ...audited, most: String(MOST_AUDIT_ROWS) })})
        order by id desc limit ${MOST_AUDIT_ROWS}`,
      [ids],
    ),
  };
  const [audit] = await read(
    `select count(distinct id)::int as n from (${auditIdsOf({ ...audited, most: 'null' })}) named`,
    [ids],
  );
  const leftOut: LeftOut[] = [
    { place: 'customers', count: sealed.length - emails.size, reason: 'email_does_not_open' },
    { place: 'webhook_events', count: webhooks.unreadable, reason: 'body_does_not_open' },
    { place: 'webhook_events', count: webhooks.unjudged, reason: 'body_is_no_json' },
    { place: 'audit_log', count: Number(audit?.['n']) - data.audit_log.length, reason: 'too_many' },
  ];
  return { data, leftOut: leftOut.filter(({ count }) => count > 0) };
}

interface CustomerData {
  id: string;
  external_id: string | null;
  email: string | null;
  email_hash: string | null;
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
