import { emailHash, encryptEmailSql, passphrase, RaceLost, type MerchantKeys, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import type { CommandContext } from '../context.ts';
import { emailTombstone } from './privacy/tombstones.ts';
import { recordChange } from './record-change.ts';

export interface CreateCustomer {
  merchantId: string;
  email: string;
  metadata?: Record<string, unknown> | undefined;
  externalId?: string | undefined;
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
  const { merchantId, externalId } = input;
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const inserted = await insert(tx, keys, input);
  if (inserted) {
    const changedFields = [
      'email',
      ...(externalId ? ['external_id'] : []),
      ...(input.metadata ? ['metadata'] : []),
    ];
    await recordChange(
      tx,
      ctx,
      { merchantId, customerId: inserted.id, version: 1, changedFields, origin: 'api' },
      { action: 'customer.create', detail: inserted.erased_before ? { returned_after_erasure: true } : {} },
    );
    return { customerId: inserted.id, created: true };
  }
  const [existing] = await tx.query<{ id: string; external_id: string | null; version: number }>(
    'select id, external_id, version from customers where merchant_id = $1 and email_hash = $2',
    [merchantId, emailHash(keys, input.email)],
  );
  if (!existing) {
    if (externalId && (await isTaken(tx, merchantId, externalId))) throw otherCustomersExternalId();
    throw new RaceLost('the customer with this email went away meanwhile');
  }
  if (externalId && existing.external_id !== externalId) {
    if (existing.external_id !== null) {
      throw new CoreError('already_exists', 'external_id: the customer with this email has another one', {
        field: 'external_id',
      });
    }
    await attachExternalId(tx, ctx, { merchantId, customerId: existing.id, externalId });
  }
  return { customerId: existing.id, created: false };
}

type Inserted = { id: string; erased_before: boolean };

async function insert(tx: Tx, keys: MerchantKeys, input: CreateCustomer): Promise<Inserted | undefined> {
  const blindIndex = emailHash(keys, input.email);
  // Either unique key may refuse the row, so ON CONFLICT names none.
  const [row] = await tx.query<Inserted>(
    `with new as materialized (select uuidv7() as id)
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
     returning id, exists (select 1 from erasure_tombstones t
                            where t.merchant_id = $1 and t.kind = 'email' and t.hash = $8) as erased_before`,
    [
      input.merchantId,
      input.externalId ?? null,
      input.email.trim(),
      keys.generation,
      passphrase(keys),
      blindIndex,
      JSON.stringify(input.metadata ?? {}),
      emailTombstone(keys, blindIndex),
    ],
    // Planning it costs PostgreSQL more than the row.
    'create_customer',
  );
  return row;
}

async function attachExternalId(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, customerId, externalId }: { merchantId: string; customerId: string; externalId: string },
): Promise<void> {
  if (await isTaken(tx, merchantId, externalId)) throw otherCustomersExternalId();
  const [row] = await tx.query<{ version: number }>(
    `update customers set external_id = $3, version = version + 1
      where merchant_id = $1 and id = $2 and external_id is null returning version`,
    [merchantId, customerId, externalId],
  );
  if (!row) throw new RaceLost('external_id was attached meanwhile');
  await recordChange(
    tx,
    ctx,
    { merchantId, customerId, version: row.version, changedFields: ['external_id'], origin: 'api' },
    { action: 'customer.update' },
  );
}

const isTaken = async (tx: Tx, merchantId: string, externalId: string): Promise<boolean> =>
  (
    await tx.query('select 1 from customers where merchant_id = $1 and external_id = $2', [
      merchantId,
      externalId,
    ])
  ).length > 0;

export const otherCustomersExternalId = () =>
  new CoreError('already_exists', 'external_id: belongs to another customer', { field: 'external_id' });
