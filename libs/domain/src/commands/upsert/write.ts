import { encryptEmailSql, passphrase, RaceLost, type MerchantKeys, type Tx } from '@core/db';
import type { PageRow, RowError } from './page.ts';
import type { Insert, Touch, Update } from './resolve.ts';

type Written = { id: string; version: number };

/** One statement for all new customers of a page. @throws RaceLost when somebody else created one of them */
export async function insertCustomers(
  tx: Tx,
  merchantId: string,
  keys: MerchantKeys,
  inserts: readonly Insert[],
): Promise<{ id: string; externalId: string }[]> {
  if (inserts.length === 0) return [];
  const inserted = await tx.query<{ id: string; externalId: string }>(
    `with new as materialized (
       select uuidv7() as id, page.*
         from unnest($4::text[], $5::text[], $6::bytea[], $7::jsonb[], $8::bytea[], $9::timestamptz[])
              as page (external_id, email, email_hash, metadata, content_hash, source_updated_at))
     insert into customers (id, merchant_id, external_id, email, email_hash, metadata, content_hash, source_updated_at)
     select new.id, $1::uuid, new.external_id, ${encryptEmailSql({
       merchantId: '$1::uuid',
       customerId: 'new.id',
       email: 'new.email',
       generation: '$2',
       passphrase: '$3',
     })}, new.email_hash, new.metadata, new.content_hash, new.source_updated_at
       from new
     on conflict do nothing
     returning id, external_id as "externalId"`,
    [
      merchantId,
      keys.generation,
      passphrase(keys),
      ...columns(
        inserts.map(({ row }) => row),
        inserts,
      ),
    ],
  );
  if (inserted.length < inserts.length) throw new RaceLost('a customer of the page was created meanwhile');
  return inserted;
}

/** One statement for all changed customers of a page. @throws RaceLost when one of them changed meanwhile */
export async function updateCustomers(
  tx: Tx,
  merchantId: string,
  keys: MerchantKeys,
  updates: readonly Update[],
): Promise<Written[]> {
  if (updates.length === 0) return [];
  const updated = await tx.query<Written>(
    `update customers c
        set external_id = page.external_id,
            email = case when page.set_email then ${encryptEmailSql({
              merchantId: 'c.merchant_id',
              customerId: 'c.id',
              email: 'page.email',
              generation: '$2',
              passphrase: '$3',
            })} else c.email end,
            email_hash = case when page.set_email then page.email_hash else c.email_hash end,
            metadata = coalesce(c.metadata, '{}') || page.metadata,
            content_hash = page.content_hash,
            source_updated_at = page.source_updated_at,
            deleted_at = null,
            merged_into = null,
            version = c.version + 1
       from unnest($4::text[], $5::text[], $6::bytea[], $7::jsonb[], $8::bytea[], $9::timestamptz[],
                   $10::uuid[], $11::int[], $12::bool[])
            as page (external_id, email, email_hash, metadata, content_hash, source_updated_at,
                     id, version, set_email)
      where c.merchant_id = $1 and c.id = page.id and c.version = page.version
     returning c.id, c.version`,
    [
      merchantId,
      keys.generation,
      passphrase(keys),
      ...columns(
        updates.map(({ row }) => row),
        updates,
      ),
      updates.map((update) => update.id),
      updates.map((update) => update.version),
      updates.map((update) => update.setEmail),
    ],
  );
  if (updated.length < updates.length) throw new RaceLost('a customer of the page was changed meanwhile');
  return updated;
}

/**
 * Stores how new the source's last word was where it said nothing new: an older one that comes late must not pass for
 * the newest. No version and no event, for nothing that a reader sees has changed.
 */
export async function touchCustomers(tx: Tx, merchantId: string, touches: readonly Touch[]): Promise<void> {
  if (touches.length === 0) return;
  await tx.query(
    `update customers c set source_updated_at = greatest(c.source_updated_at, heard.at)
       from unnest($2::uuid[], $3::timestamptz[]) as heard (id, at)
      where c.merchant_id = $1 and c.id = heard.id`,
    [merchantId, touches.map(({ id }) => id), touches.map(({ sourceUpdatedAt }) => sourceUpdatedAt)],
  );
}

/** Frees the emails that other rows of the page take over. */
export async function releaseEmails(tx: Tx, merchantId: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query('update customers set email_hash = null where merchant_id = $1 and id = any($2::uuid[])', [
    merchantId,
    ids,
  ]);
}

export async function logRowErrors(
  tx: Tx,
  merchantId: string,
  importId: string,
  errors: readonly RowError[],
): Promise<void> {
  if (errors.length === 0) return;
  await tx.query(
    `insert into customer_import_errors (import_id, merchant_id, external_id, reason)
     select $1, $2, e.external_id, e.reason from unnest($3::text[], $4::text[]) as e (external_id, reason)
     on conflict do nothing`,
    [importId, merchantId, errors.map((error) => error.externalId), errors.map((error) => error.reason)],
  );
}

const columns = (rows: readonly PageRow[], hashes: readonly { emailHash: Buffer | null }[]): unknown[] => [
  rows.map((row) => row.externalId),
  rows.map((row) => row.email),
  hashes.map(({ emailHash }) => emailHash),
  rows.map((row) => JSON.stringify(row.metadata)),
  rows.map((row) => row.contentHash),
  rows.map((row) => row.sourceUpdatedAt),
];
