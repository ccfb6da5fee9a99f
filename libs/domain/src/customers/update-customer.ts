import { and, eq, sql } from 'drizzle-orm';
import { earlierExternalIds, type CustomerId, type ExternalId, type MerchantId } from '@core/contracts';
import { emailHash, encryptEmail, passphrase, type MerchantKeys } from '@core/crypto';
import {
  bool,
  build,
  coreRepository,
  customers,
  isLive,
  many,
  merchantKeys,
  nullable,
  oneOf,
  returning,
  statement,
  text,
  type CustomerRow,
  type Tx,
} from '@core/db';
import { CoreError, notFound } from '@core/runtime';
import { type CommandContext, recordChange } from '../core/index.ts';
import { explainNotFound } from './find-survivor.ts';
import { otherCustomersExternalId } from './attach-to-holder.ts';
import { returnedDetail } from './persons/tombstones.ts';
import { reindexEmails } from './emails/reindex-emails.ts';

/** Absent fields stay as they are. */
export interface UpdateCustomer {
  merchantId: MerchantId;
  customerId: CustomerId;
  email?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  externalId?: ExternalId | undefined;
}

/**
 * Changes a customer. A value equal to the stored one changes nothing and emits nothing.
 * @throws CoreError not_found; MergedAway naming the survivor; already_exists when another customer has the
 * email or external_id
 */
export async function updateCustomer(
  tx: Tx,
  ctx: CommandContext,
  input: UpdateCustomer,
): Promise<CustomerRow> {
  const { merchantId, customerId, email, externalId } = input;
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  if (email !== undefined) await reindexEmails(tx, keys, merchantId, [email]);
  const hash = email === undefined ? null : emailHash(keys, email);
  const changedFields = await differences(tx, input, hash);
  if (changedFields.length > 0) {
    await refuseOthersIdentity(tx, input, hash);
    const version = await write(tx, keys, input, hash, changedFields);
    const names = {
      email: changedFields.includes('email') ? email : undefined,
      externalId: changedFields.includes('external_id') ? externalId : undefined,
    };
    await recordChange(
      tx,
      ctx,
      { merchantId, customerId, version, changedFields, origin: 'api' },
      { action: 'customer.update', detail: await returnedDetail(tx, keys, merchantId, names) },
    );
  }
  const row = await coreRepository(tx).findById(merchantId, customerId);
  if (!row) throw notFound('customer');
  return row;
}

const { merchantId, id, metadata, externalId, version } = customers;

const DIFFERENCES = statement({
  params: { merchantId, id, emailHash: customers.emailHash, metadata, externalId },
  text(p) {
    // The keys are the words of changed_fields, which are public.
    const differs = {
      email: sql<boolean>`${p.emailHash} is not null and ${customers.emailHash} is distinct from ${p.emailHash}`,
      metadata: sql<boolean>`${p.metadata} is not null and ${metadata} is distinct from ${p.metadata}`,
      external_id: sql<boolean>`${p.externalId} is not null and ${externalId} is distinct from ${p.externalId}`,
    };
    return returning(
      differs,
      (row) => sql`
        select ${row} from ${customers}
         where ${merchantId} = ${p.merchantId} and ${id} = ${p.id} and ${isLive()} for update`,
    );
  },
});

/** Locks the row and names the fields in which `input` differs from it. */
async function differences(tx: Tx, input: UpdateCustomer, hash: Buffer | null): Promise<string[]> {
  const [row] = await tx.run(DIFFERENCES, {
    merchantId: input.merchantId,
    id: input.customerId,
    emailHash: hash,
    metadata: input.metadata,
    externalId: input.externalId,
  });
  if (!row) throw await explainNotFound(tx, input);
  return Object.entries(row)
    .filter(([, differs]) => differs)
    .map(([field]) => field);
}

const OTHERS_IDENTITY = statement({
  params: { merchantId, id, emailHash: customers.emailHash, externalIds: many(externalId) },
  text: (p) =>
    returning(
      { byEmail: sql<boolean>`${customers.emailHash} is not distinct from ${p.emailHash}` },
      (row) => sql`
        select ${row} from ${customers}
         where ${merchantId} = ${p.merchantId} and ${id} <> ${p.id}
           and (${customers.emailHash} = ${p.emailHash} or ${oneOf(externalId, p.externalIds)}) limit 1`,
    ),
});

async function refuseOthersIdentity(tx: Tx, input: UpdateCustomer, hash: Buffer | null): Promise<void> {
  const { externalId } = input;
  const [other] = await tx.run(OTHERS_IDENTITY, {
    merchantId: input.merchantId,
    id: input.customerId,
    emailHash: hash,
    externalIds: externalId === undefined ? [] : [externalId, ...earlierExternalIds(externalId)],
  });
  if (other?.byEmail && hash) {
    throw new CoreError('already_exists', 'email: belongs to another customer', { field: 'email' });
  }
  if (other) throw otherCustomersExternalId();
}

const WRITE = statement({
  params: {
    merchantId,
    id,
    setsEmail: bool,
    email: nullable(text),
    generation: merchantKeys.generation,
    passphrase: text,
    emailHash: customers.emailHash,
    metadata,
    externalId,
  },
  row: { version },
  text(p, row) {
    const encrypted = encryptEmail({ ...p, merchantId, customerId: id });
    return build
      .update(customers)
      .set({
        email: sql`case when ${p.setsEmail} then ${encrypted} else ${customers.email} end`,
        emailHash: sql`case when ${p.setsEmail} then ${p.emailHash} else ${customers.emailHash} end`,
        metadata: sql`coalesce(${p.metadata}, ${metadata})`,
        externalId: sql`coalesce(${p.externalId}, ${externalId})`,
        version: sql`${version} + 1`,
      })
      .where(and(eq(merchantId, p.merchantId), eq(id, p.id)))
      .returning(row);
  },
});

async function write(
  tx: Tx,
  keys: MerchantKeys,
  input: UpdateCustomer,
  hash: Buffer | null,
  changedFields: readonly string[],
): Promise<number> {
  const [row] = await tx.run(WRITE, {
    merchantId: input.merchantId,
    id: input.customerId,
    setsEmail: changedFields.includes('email'),
    email: input.email?.trim(),
    generation: keys.generation,
    passphrase: passphrase(keys),
    emailHash: hash,
    metadata: input.metadata,
    externalId: input.externalId,
  });
  if (!row) throw notFound('customer');
  return row.version;
}
