import {
  coreRepository,
  emailHash,
  encryptEmailSql,
  LIVE,
  passphrase,
  type CustomerRow,
  type MerchantKeys,
  type Tx,
} from '@core/db';
import { CoreError, notFound } from '@core/runtime';
import {
  earlierExternalIds,
  externalIdOf,
  recordChange,
  type CommandContext,
  type ExternalId,
} from '../core/index.ts';
import { explainNotFound } from './find-survivor.ts';
import { otherCustomersExternalId } from './create-customer.ts';
import { returnedDetail } from './persons/tombstones.ts';
import { reindexEmails } from './emails/reindex-emails.ts';

/** Absent fields stay as they are. */
export interface UpdateCustomer {
  merchantId: string;
  customerId: string;
  email?: string | undefined;
  metadata?: Record<string, unknown> | undefined;
  externalId?: string | undefined;
}

interface Canonical extends UpdateCustomer {
  externalId?: ExternalId | undefined;
}

/**
 * Changes a customer; what is equal already changes nothing and emits nothing.
 * @throws CoreError not_found; MergedAway naming the survivor; already_exists when the email or external_id is another
 *   customer's
 */
export async function updateCustomer(
  tx: Tx,
  ctx: CommandContext,
  given: UpdateCustomer,
): Promise<CustomerRow> {
  const { merchantId, customerId, email } = given;
  const externalId = given.externalId === undefined ? undefined : externalIdOf(given.externalId);
  const input = { ...given, externalId };
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

/** Locks the row and names the fields in which `input` differs from it. */
async function differences(tx: Tx, input: Canonical, hash: Buffer | null): Promise<string[]> {
  const [row] = await tx.query<{ email: boolean; metadata: boolean; external_id: boolean }>(
    `select $3::bytea is not null and email_hash is distinct from $3 as email,
            $4::jsonb is not null and metadata is distinct from $4 as metadata,
            $5::varchar is not null and external_id is distinct from $5 as external_id
       from customers where merchant_id = $1 and id = $2 and ${LIVE} for update`,
    [
      input.merchantId,
      input.customerId,
      hash,
      input.metadata === undefined ? null : JSON.stringify(input.metadata),
      input.externalId ?? null,
    ],
  );
  if (!row) throw await explainNotFound(tx, input);
  return Object.entries(row)
    .filter(([, differs]) => differs)
    .map(([field]) => field);
}

async function refuseOthersIdentity(tx: Tx, input: Canonical, hash: Buffer | null): Promise<void> {
  const { externalId } = input;
  const [other] = await tx.query<{ by_email: boolean }>(
    `select email_hash is not distinct from $3 as by_email from customers
      where merchant_id = $1 and id <> $2 and (email_hash = $3 or external_id = any($4)) limit 1`,
    [
      input.merchantId,
      input.customerId,
      hash,
      externalId === undefined ? [] : [externalId, ...earlierExternalIds(externalId)],
    ],
  );
  if (other?.by_email && hash) {
    throw new CoreError('already_exists', 'email: belongs to another customer', { field: 'email' });
  }
  if (other) throw otherCustomersExternalId();
}

async function write(
  tx: Tx,
  keys: MerchantKeys,
  input: Canonical,
  hash: Buffer | null,
  changedFields: readonly string[],
): Promise<number> {
  const [row] = await tx.query<{ version: number }>(
    `update customers
        set email = case when $3 then ${encryptEmailSql({
          merchantId: 'merchant_id',
          customerId: 'id',
          email: '$4::text',
          generation: '$5',
          passphrase: '$6',
        })} else email end,
            email_hash = case when $3 then $7 else email_hash end,
            metadata = coalesce($8::jsonb, metadata),
            external_id = coalesce($9, external_id),
            version = version + 1
      where merchant_id = $1 and id = $2 returning version`,
    [
      input.merchantId,
      input.customerId,
      changedFields.includes('email'),
      input.email?.trim() ?? null,
      keys.generation,
      passphrase(keys),
      hash,
      input.metadata === undefined ? null : JSON.stringify(input.metadata),
      input.externalId ?? null,
    ],
  );
  if (!row) throw notFound('customer');
  return row.version;
}
