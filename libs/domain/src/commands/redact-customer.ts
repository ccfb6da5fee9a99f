import { emailHash, keyedHash, type MerchantKeys, type Tx } from '@core/db';
import type { CommandContext } from '../context.ts';
import { recordChange } from './record-change.ts';

/** A person, named by at least one of the three. */
export interface RedactCustomer {
  merchantId: string;
  requestId: string;
  customerId?: string | undefined;
  externalId?: string | undefined;
  email?: string | undefined;
}

/** What was looked at and removed. No PII. */
export interface ErasureReceipt {
  /** Null: nobody of that name is held here. */
  customerId: string | null;
  removed: { customers: string[]; customerImportErrors: number };
  tombstones: number;
}

const ERASED_FIELDS = ['email', 'external_id', 'metadata', 'rfm_score'] as const;

/**
 * Erases a person: the row keeps its ids alone, and tombstones keep imports from bringing them back.
 * An unknown person gets an empty receipt, and tombstones for the names given: an import may still be
 * on its way with them. Asking again changes nothing.
 */
export async function redactCustomer(
  tx: Tx,
  ctx: CommandContext,
  input: RedactCustomer,
): Promise<ErasureReceipt> {
  const keys = await ctx.keys.findOrCreate(tx, input.merchantId);
  const person = await lockPerson(tx, keys, input);
  const receipt: ErasureReceipt = {
    customerId: person?.id ?? null,
    removed: { customers: [], customerImportErrors: 0 },
    tombstones: 0,
  };
  const externalId = person?.external_id ?? input.externalId;
  // A deleted customer's email is gone already: what the request says of it stands in.
  const named = input.email && (!person || person.deleted) ? emailHash(keys, input.email) : null;
  const hash = person?.email_hash ?? named;
  if (person && !person.erased) {
    receipt.removed.customers = [...ERASED_FIELDS];
    await erase(tx, ctx, input.merchantId, person.id);
  }
  receipt.tombstones = await writeTombstones(tx, keys, input, externalId, hash);
  if (externalId)
    receipt.removed.customerImportErrors = await removeImportErrors(tx, input.merchantId, externalId);
  await tx.query(
    `insert into privacy_requests (merchant_id, request_id, kind, customer_id, receipt, completed_at)
     values ($1, $2, 'redact', $3, $4, now()) on conflict do nothing`,
    [input.merchantId, input.requestId, receipt.customerId, JSON.stringify(receipt)],
  );
  return receipt;
}

type Person = {
  id: string;
  external_id: string | null;
  email_hash: Buffer | null;
  deleted: boolean;
  erased: boolean;
};

/**
 * By our own id; else by the external id; else by the email, but with an external id given only somebody who has none
 * yet, whom an import with both would have claimed: anybody else with that email is another customer.
 */
async function lockPerson(tx: Tx, keys: MerchantKeys, input: RedactCustomer): Promise<Person | undefined> {
  const { merchantId, customerId, externalId, email } = input;
  const lock = async (column: string, value: unknown): Promise<Person | undefined> => {
    const [person] = await tx.query<Person>(
      `select id, external_id, email_hash, deleted_at is not null as deleted, erased_at is not null as erased
         from customers where merchant_id = $1 and ${column} = $2 for update`,
      [merchantId, value],
    );
    return person;
  };
  if (customerId) return lock('id', customerId);
  const known = externalId ? await lock('external_id', externalId) : undefined;
  if (known || !email) return known;
  const holder = await lock('email_hash', emailHash(keys, email));
  return externalId && holder?.external_id ? undefined : holder;
}

async function erase(tx: Tx, ctx: CommandContext, merchantId: string, customerId: string): Promise<void> {
  const [row] = await tx.query<{ version: number }>(
    `update customers
        set email = null, email_hash = null, external_id = null, metadata = null, rfm_score = null,
            content_hash = null, source_updated_at = null, version = greatest(version, 1) + 1, erased_at = now()
      where merchant_id = $1 and id = $2 returning version`,
    [merchantId, customerId],
  );
  if (!row) throw new Error('a locked customer row vanished');
  await recordChange(
    tx,
    ctx,
    { merchantId, customerId, version: row.version, changedFields: ERASED_FIELDS, origin: 'privacy' },
    { action: 'customer.erase' },
  );
}

async function writeTombstones(
  tx: Tx,
  keys: MerchantKeys,
  input: RedactCustomer,
  externalId: string | null | undefined,
  hash: Buffer | null,
): Promise<number> {
  const tombstones = [
    ...(hash ? [{ kind: 'email', hash }] : []),
    ...(externalId ? [{ kind: 'external_id', hash: keyedHash(keys, 'external_id', externalId) }] : []),
  ];
  const written = await tx.query(
    `insert into erasure_tombstones (merchant_id, kind, hash, request_id)
     select $1, t.kind, t.hash, $4 from unnest($2::text[], $3::bytea[]) as t (kind, hash)
     on conflict do nothing returning kind`,
    [input.merchantId, tombstones.map((t) => t.kind), tombstones.map((t) => t.hash), input.requestId],
  );
  return written.length;
}

const removeImportErrors = async (tx: Tx, merchantId: string, externalId: string): Promise<number> =>
  (
    await tx.query(
      'delete from customer_import_errors where merchant_id = $1 and external_id = $2 returning id',
      [merchantId, externalId],
    )
  ).length;
