import type { MerchantKeys, Tx } from '@core/db';
import { emailTombstones, externalIdTombstones } from '../persons/tombstones.ts';
import type { PageRow } from './page.ts';
import type { StoredCustomer, Tombstones } from './resolve.ts';

/**
 * What is stored of the page's people. No lock: a write that finds the version moved on starts anew.
 *
 * Key by key in laterals, with the merchant's id where the planner cannot see it: while a new shop grows, the
 * statistics say that it has no rows, and `= any`, or a lateral with the id in sight, reads all of them for every page.
 */
export function loadStored(tx: Tx, merchantId: string, rows: readonly PageRow[]): Promise<StoredCustomer[]> {
  return tx.query<StoredCustomer & Record<string, unknown>>(
    `with found as (
       select known.id
         from unnest($2::text[]) as page (external_id)
        cross join lateral (select id from customers
                             where merchant_id = (select $1::uuid) and external_id = page.external_id
                             limit 1) as known
        union
       select known.id
         from unnest($3::bytea[]) as page (email_hash)
        cross join lateral (select id from customers
                             where merchant_id = (select $1::uuid) and email_hash = page.email_hash
                             limit 1) as known)
     select stored.*
       from found
      cross join lateral (
            select id, external_id as "externalId", email_hash as "emailHash", email is not null as "hasEmail",
                   content_hash as "contentHash",
                   case when content_hash = any($4::bytea[]) then null else metadata end as metadata,
                   source_updated_at as "sourceUpdatedAt", deleted_at as "deletedAt", erased_at as "erasedAt", version
              from customers where merchant_id = $1 and id = found.id limit 1) as stored`,
    [
      merchantId,
      rows.map((row) => row.externalId),
      rows.flatMap((row) => (row.emailHash ? [row.emailHash] : [])),
      rows.map((row) => row.contentHash),
    ],
  );
}

/** When a run began; null for one that is not known. */
export async function loadRunStart(tx: Tx, merchantId: string, importId: string): Promise<Date | null> {
  const [run] = await tx.query<{ at: Date }>(
    'select created_at as at from customer_import_logs where merchant_id = $1 and id = $2',
    [merchantId, importId],
  );
  return run?.at ?? null;
}

/** Which of the page's people were erased. Most merchants erased nobody: for them no row is hashed. */
export async function loadTombstones(
  tx: Tx,
  merchantId: string,
  keys: MerchantKeys,
  rows: readonly (Pick<PageRow, 'externalId'> & Partial<Pick<PageRow, 'email' | 'emailHash'>>)[],
): Promise<Tombstones> {
  const [merchant] = await tx.query<{ erased: boolean }>(
    'select exists (select 1 from erasure_tombstones where merchant_id = $1) as erased',
    [merchantId],
  );
  if (!merchant?.erased) return { externalIds: new Set(), emailHashes: new Set() };
  const externalIds = namesByTombstone(rows, ({ externalId }) => ({
    name: externalId,
    tombstones: externalIdTombstones(keys, externalId),
  }));
  const emailHashes = namesByTombstone(rows, ({ email, emailHash }) => ({
    name: emailHash?.toString('hex') ?? '',
    tombstones: email ? emailTombstones(keys, email) : [],
  }));
  const found = await tx.query<{ kind: string; hash: Buffer }>(
    `select kind, hash from erasure_tombstones
      where merchant_id = $1 and ((kind = 'external_id' and hash = any($2::bytea[]))
                               or (kind = 'email' and hash = any($3::bytea[])))`,
    [
      merchantId,
      ...[externalIds, emailHashes].map((each) => [...each.keys()].map((hex) => Buffer.from(hex, 'hex'))),
    ],
  );
  const erased = <Name>(kind: string, names: ReadonlyMap<string, Name>) =>
    new Set(
      found.filter((row) => row.kind === kind).flatMap(({ hash }) => names.get(hash.toString('hex')) ?? []),
    );
  return { externalIds: erased('external_id', externalIds), emailHashes: erased('email', emailHashes) };
}

/** A name has several: earlier builds hashed other forms of it. */
const namesByTombstone = <Row, Name>(
  rows: readonly Row[],
  read: (row: Row) => { name: Name; tombstones: readonly Buffer[] },
): Map<string, Name> =>
  new Map(
    rows.flatMap((row) => {
      const { name, tombstones } = read(row);
      return tombstones.map((hash) => [hash.toString('hex'), name] as const);
    }),
  );
