import {
  appendAuditsSql,
  appendEventsSql,
  emailHash,
  encryptEmailSql,
  LIVE,
  passphrase,
  RaceLost,
  writeWithEvents,
  type MerchantKeys,
  type Tx,
} from '@core/db';
import { CoreError } from '@core/runtime';
import {
  earlierExternalIds,
  externalIdOf,
  recordChange,
  type CommandContext,
  type ExternalId,
} from '../core/index.ts';
import { emailTombstones, externalIdTombstones, returnedDetail } from './persons/tombstones.ts';
import { reindexEmails } from './emails/reindex-emails.ts';

export interface CreateCustomer {
  merchantId: string;
  email: string;
  metadata?: Record<string, unknown> | undefined;
  externalId?: string | undefined;
}

interface Canonical extends CreateCustomer {
  externalId?: ExternalId | undefined;
}

/**
 * Creates a customer, or finds the one with this email: then metadata is ignored and external_id
 * attached where there was none.
 * @throws CoreError already_exists when external_id belongs to another customer, or this email's
 *   customer has a different one
 */
export async function createCustomer(
  tx: Tx,
  ctx: CommandContext,
  input: CreateCustomer,
): Promise<{ customerId: string; created: boolean }> {
  const { merchantId } = input;
  const externalId = input.externalId === undefined ? undefined : externalIdOf(input.externalId);
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  await reindexEmails(tx, keys, merchantId, [input.email]);
  const created = await insert(tx, ctx, keys, { ...input, externalId });
  if (created) return { customerId: created, created: true };
  const [existing] = await tx.query<{ id: string; external_id: string | null; version: number }>(
    'select id, external_id, version from customers where merchant_id = $1 and email_hash = $2',
    [merchantId, emailHash(keys, input.email)],
  );
  if (!existing) {
    if (externalId && (await isTaken(tx, merchantId, externalId))) throw otherCustomersExternalId();
    throw new RaceLost('the customer with this email went away meanwhile');
  }
  if (externalId && (existing.external_id === null || externalIdOf(existing.external_id) !== externalId)) {
    if (existing.external_id !== null) {
      throw new CoreError('already_exists', 'external_id: the customer with this email has another one', {
        field: 'external_id',
      });
    }
    await attachExternalId(tx, ctx, keys, { ...input, externalId }, existing.id);
  }
  return { customerId: existing.id, created: false };
}

/**
 * The row, its event and its audit row in one statement: one by one, the two round trips more cost as much as the row.
 * @returns null when the email or the external id is taken
 */
async function insert(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  { merchantId, email, metadata, externalId }: Canonical,
): Promise<string | null> {
  const blindIndex = emailHash(keys, email);
  const changedFields = ['email', ...(externalId ? ['external_id'] : []), ...(metadata ? ['metadata'] : [])];
  const [row] = await writeWithEvents<{ id: string }>(
    tx,
    INSERT,
    [
      merchantId,
      externalId ?? null,
      email.trim(),
      keys.generation,
      passphrase(keys),
      blindIndex,
      JSON.stringify(metadata ?? {}),
      emailTombstones(keys, email),
      changedFields,
      ctx.traceparent,
      ctx.caller,
      ctx.requestId,
      externalId ? externalIdTombstones(keys, externalId) : [],
      externalId ? earlierExternalIds(externalId) : [],
    ],
    // Planning it costs PostgreSQL more than the row.
    'create_customer',
  );
  return row?.id ?? null;
}

// Either unique key may refuse the row, so ON CONFLICT names none. An earlier build may have stored the same external id
// in another form, which no key compares.
const INSERT = `
  with new as materialized (
    select uuidv7() as id
     where not exists (select from customers c where c.merchant_id = $1 and c.external_id = any($14::text[]))),
  created as (
    insert into customers (id, merchant_id, external_id, email, email_hash, metadata)
    select new.id, $1::uuid, $2::varchar, ${encryptEmailSql({
      merchantId: '$1::uuid',
      customerId: 'new.id',
      email: '$3::text',
      generation: '$4',
      passphrase: '$5',
    })}, $6::bytea, $7::jsonb
      from new
    on conflict do nothing
    returning merchant_id, id as customer_id, version, $9::text[] as changed_fields, 'api' as origin,
              $10::text as traceparent),
  event as (${appendEventsSql('created')}),
  audit as (${appendAuditsSql(`(
    select merchant_id, customer_id, $11::text as actor, 'customer.create' as action, $12::text as request_id,
           jsonb_build_object('changed_fields', changed_fields, 'version', version) ||
             case when exists (select 1 from erasure_tombstones t
                                where t.merchant_id = $1 and t.kind = 'email' and t.hash = any($8::bytea[]))
                    or exists (select 1 from erasure_tombstones t
                                where t.merchant_id = $1 and t.kind = 'external_id' and t.hash = any($13::bytea[]))
                  then '{"returned_after_erasure": true}' else '{}' end::jsonb as detail
      from created) as entry`)})
  select customer_id as id from created`;

async function attachExternalId(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  { merchantId, email, externalId }: CreateCustomer & { externalId: ExternalId },
  customerId: string,
): Promise<void> {
  if (await isTaken(tx, merchantId, externalId)) throw otherCustomersExternalId();
  const [row] = await tx.query<{ version: number }>(
    `update customers set external_id = $3, version = version + 1
      where merchant_id = $1 and id = $2 and external_id is null and email_hash = $4 and ${LIVE} returning version`,
    [merchantId, customerId, externalId, emailHash(keys, email)],
  );
  // Erased, deleted or renamed meanwhile, it is not the customer with this email any more.
  if (!row) throw new RaceLost('external_id was attached, or the customer went away meanwhile');
  await recordChange(
    tx,
    ctx,
    { merchantId, customerId, version: row.version, changedFields: ['external_id'], origin: 'api' },
    { action: 'customer.update', detail: await returnedDetail(tx, keys, merchantId, { externalId }) },
  );
}

const isTaken = async (tx: Tx, merchantId: string, externalId: ExternalId): Promise<boolean> =>
  (
    await tx.query('select 1 from customers where merchant_id = $1 and external_id = any($2)', [
      merchantId,
      [externalId, ...earlierExternalIds(externalId)],
    ])
  ).length > 0;

export const otherCustomersExternalId = () =>
  new CoreError('already_exists', 'external_id: belongs to another customer', { field: 'external_id' });
