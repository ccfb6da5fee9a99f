import { readEmail, type Reader } from '@core/db';
import { findHeldWebhooks } from '../commands/privacy/held-webhooks.ts';
import { MERGED_WITH } from '../commands/privacy/person.ts';
import type { CommandContext } from '../context.ts';
import { shopifyNumber } from '../shopify-gid.ts';

/** JSON of what is held, by place; a place that holds nothing is an empty list. */
export type PersonalData = Record<string, unknown[]>;

/** Of a person's audit log: a message has an end. ListAuditLog reads the rest. */
const MOST_AUDIT_ROWS = 1_000;

/**
 * Everything held on a person, and on the customers that were merged with them.
 * @returns null when nobody of that id is here, or no more: unknown, another merchant's, erased
 */
export async function readPersonalData(
  reader: Reader,
  ctx: Pick<CommandContext, 'keys'>,
  { merchantId, customerId }: { merchantId: string; customerId: string },
): Promise<PersonalData | null> {
  const customers = await reader.query<CustomerData & Record<string, unknown>>(
    `select id, external_id, email, encode(email_hash, 'hex') as email_hash, metadata, rfm_score, version,
            source_updated_at, merged_into, deleted_at, created_at, updated_at
       from customers where merchant_id = $1 and id in (${MERGED_WITH}) and erased_at is null order by id`,
    [merchantId, [customerId]],
  );
  if (!customers.some(({ id }) => id === customerId)) return null;
  const ids = customers.map(({ id }) => id);
  const externalIds = customers.flatMap(({ external_id: id }) => id ?? []);
  const emailHashes = customers.flatMap(({ email_hash: hash }) => hash ?? []);
  const read = (sql: string, values: unknown[]) =>
    reader.query<Record<string, unknown>>(sql, [merchantId, ...values]);
  return {
    customers: await Promise.all(
      customers.map(async (customer) => ({
        ...customer,
        email: await readEmail(reader, ctx.keys, { ...customer, merchantId }),
      })),
    ),
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
    webhook_events: await readWebhooks(reader, ctx, merchantId, {
      externalIds: new Set(externalIds),
      emailHashes: new Set(emailHashes),
    }),
    privacy_requests: await read(
      `select request_id, kind, received_at, due_at, completed_at from privacy_requests
        where merchant_id = $1 and customer_id = any($2::uuid[]) order by received_at`,
      [ids],
    ),
    audit_log: await read(
      `select actor, action, detail, request_id, occurred_at from audit_log
        where merchant_id = $1 and customer_id = any($2::uuid[]) order by id desc limit ${MOST_AUDIT_ROWS}`,
      [ids],
    ),
  };
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
): Promise<unknown[]> {
  const keys = await ctx.keys.find(reader, merchantId);
  if (!keys) return [];
  const { webhooks } = await findHeldWebhooks(reader, ctx, keys, merchantId, names);
  return webhooks.map(({ topic, receivedAt, opened }) => ({
    topic,
    received_at: receivedAt,
    body: opened.toString('utf8'),
  }));
}
