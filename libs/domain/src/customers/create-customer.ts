import { sql, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { earlierExternalIds, type CustomerId, type ExternalId, type MerchantId } from '@core/contracts';
import {
  emailHash,
  encryptEmail,
  lockMerchantKeysShared,
  keysExist,
  passphrase,
  type MerchantKeys,
} from '@core/crypto';
import {
  appendAuditRows,
  appendEvents,
  auditLog,
  columns,
  customers,
  erasureTombstones,
  insertSelect,
  many,
  merchantKeys,
  oneOf,
  outboxEvents,
  relation,
  runWithEvents,
  statement,
  text,
  withFields,
  type Tx,
} from '@core/db';
import type { CommandContext } from '../core/index.ts';
import { attachToHolder } from './attach-to-holder.ts';
import { reindexEmails } from './emails/reindex-emails.ts';
import { emailTombstones, externalIdTombstones } from './persons/tombstones.ts';

export interface CreateCustomer {
  merchantId: MerchantId;
  email: string;
  metadata?: Record<string, unknown> | undefined;
  externalId?: ExternalId | undefined;
}

/**
 * Creates a customer, or finds the one with this email. For an existing customer metadata is ignored, and
 * external_id is attached if the customer has none.
 * @throws CoreError already_exists when external_id belongs to another customer, or this email's customer has
 * a different one
 */
export async function createCustomer(
  tx: Tx,
  ctx: CommandContext,
  input: CreateCustomer,
): Promise<{ customerId: CustomerId; created: boolean }> {
  const { merchantId } = input;
  const keys = await ctx.keys.recallOrCreate(tx, merchantId);
  // Sent together: a round trip costs as much as the row.
  const [, done] = await Promise.all([
    lockMerchantKeysShared(tx, merchantId),
    insertOrFind(tx, ctx, keys, input),
  ]);
  return done;
}

async function insertOrFind(
  tx: Tx,
  ctx: CommandContext,
  recalled: MerchantKeys,
  input: CreateCustomer,
): Promise<{ customerId: CustomerId; created: boolean }> {
  const { merchantId, email } = input;
  for (let keys = recalled; ;) {
    await reindexEmails(tx, keys, merchantId, [email]);
    const created = await insertCustomer(tx, ctx, keys, input);
    if (created) return { customerId: created, created: true };
    const current = await ctx.keys.findOrCreate(tx, merchantId);
    if (current.generation === keys.generation) {
      return { customerId: await attachToHolder(tx, ctx, keys, input), created: false };
    }
    keys = current;
  }
}

// ON CONFLICT names no key, because either unique key may refuse the row. An earlier build may have stored
// the same external id in another form. No unique key detects that, so the statement looks for these forms.
const INSERT = statement({
  // Prepared, because planning the statement costs PostgreSQL more than the row.
  name: 'create_customer',
  params: {
    merchantId: customers.merchantId,
    externalId: customers.externalId,
    email: text,
    generation: merchantKeys.generation,
    passphrase: text,
    emailHash: customers.emailHash,
    metadata: customers.metadata,
    emailTombstones: many(erasureTombstones.hash),
    changedFields: many(text),
    traceparent: outboxEvents.traceparent,
    caller: auditLog.actor,
    requestId: auditLog.requestId,
    externalIdTombstones: many(erasureTombstones.hash),
    earlierExternalIds: many(customers.externalId),
  },
  row: { id: customers.id },
  text(p) {
    const freshId = { id: sql<CustomerId>`uuidv7()` };
    const fresh = relation('new', freshId);
    const holder = alias(customers, 'holder');
    const shape = {
      merchantId: customers.merchantId,
      customerId: customers.id,
      version: customers.version,
      changedFields: p.changedFields,
      origin: sql`'api'`,
      traceparent: p.traceparent,
    };
    const created = relation('created', shape);
    const t = erasureTombstones;
    const isErased = (kind: 'email' | 'external_id', hashes: SQL) => sql`exists (
      select from ${t} where ${t.merchantId} = ${p.merchantId} and ${t.kind} = ${kind} and ${oneOf(t.hash, hashes)})`;
    const detail = sql`
      jsonb_build_object('changed_fields', ${created.changedFields}, 'version', ${created.version})
        || case when ${isErased('email', p.emailTombstones)} or ${isErased('external_id', p.externalIdTombstones)}
                then '{"returned_after_erasure": true}' else '{}' end::jsonb`;
    const entry = { actor: p.caller, action: sql`'customer.create'`, requestId: p.requestId, detail };
    return sql`
      with ${fresh} as materialized (
        select ${columns(freshId)}
         where ${keysExist(p)} and not exists (
           select from ${customers} as ${holder}
            where ${holder.merchantId} = ${p.merchantId} and ${oneOf(holder.externalId, p.earlierExternalIds)})),
      ${created} as (
        ${insertSelect(customers, {
          id: fresh.id,
          merchantId: p.merchantId,
          externalId: p.externalId,
          email: encryptEmail({ ...p, customerId: fresh.id }),
          emailHash: p.emailHash,
          metadata: p.metadata,
        })} from ${fresh}
        on conflict do nothing
        returning ${columns(shape)}),
      event as (${appendEvents(created)}),
      audit as (${appendAuditRows(withFields(created, entry))})
      select ${columns({ id: created.customerId })} from ${created}`;
  },
});

/**
 * Inserts the row, its event and its audit row in one statement: two more round trips would cost as much as
 * the row.
 * @returns null when the email or the external id is taken, or the keys were destroyed
 */
async function insertCustomer(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  { merchantId, email, metadata, externalId }: CreateCustomer,
): Promise<CustomerId | null> {
  const changedFields = ['email', ...(externalId ? ['external_id'] : []), ...(metadata ? ['metadata'] : [])];
  const [row] = await runWithEvents(tx, INSERT, {
    merchantId,
    externalId,
    email: email.trim(),
    generation: keys.generation,
    passphrase: passphrase(keys),
    emailHash: emailHash(keys, email),
    metadata: metadata ?? {},
    emailTombstones: emailTombstones(keys, email),
    changedFields,
    traceparent: ctx.traceparent,
    caller: ctx.caller,
    requestId: ctx.requestId,
    externalIdTombstones: externalId ? externalIdTombstones(keys, externalId) : [],
    earlierExternalIds: externalId ? earlierExternalIds(externalId) : [],
  });
  return row?.id ?? null;
}
