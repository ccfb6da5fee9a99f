import {
  appendEventsSql,
  encryptEmailSql,
  passphrase,
  RaceLost,
  writeWithEvents,
  type MerchantKeys,
  type Origin,
  type Tx,
} from '@core/db';
import type { PageRow } from './page.ts';
import type { Insert, Touch, Update } from './resolve.ts';

/**
 * One statement for all new customers of a page, with their events.
 * @returns the id of one of them: whose page is of one person knows them by it
 * @throws RaceLost when somebody else created one of them
 */
export async function insertCustomers(
  tx: Tx,
  merchantId: string,
  keys: MerchantKeys,
  inserts: readonly Insert[],
  origin: Origin,
): Promise<string | undefined> {
  if (inserts.length === 0) return undefined;
  const { written, one } = await writePage(tx, INSERT, 'insert_customers', [
    ...fixed(merchantId, keys, origin),
    ...columns(inserts),
  ]);
  if (written < inserts.length) throw new RaceLost('a customer of the page was created meanwhile');
  return one ?? undefined;
}

/**
 * One statement for all changed customers of a page, with their events.
 * @throws RaceLost when one of them changed meanwhile
 */
export async function updateCustomers(
  tx: Tx,
  merchantId: string,
  keys: MerchantKeys,
  updates: readonly Update[],
  origin: Origin,
): Promise<void> {
  if (updates.length === 0) return;
  const { written } = await writePage(tx, UPDATE, undefined, [
    ...fixed(merchantId, keys, origin),
    ...columns(updates),
    updates.map((update) => update.id),
    updates.map((update) => update.version),
    updates.map((update) => update.setEmail),
    updates.map((update) => update.changedFields.join(',')),
  ]);
  if (written < updates.length) throw new RaceLost('a customer of the page was changed meanwhile');
}

/**
 * @param name for statements that look nothing up: a kept plan of one that does may be of a time when the table was small
 * @returns how many rows were written, and the id of one of them
 */
const writePage = async (
  tx: Tx,
  sql: string,
  name: string | undefined,
  values: unknown[],
): Promise<Written> =>
  (await writeWithEvents<Written & Record<string, unknown>>(tx, sql, values, name))[0] ?? NOTHING_WRITTEN;

interface Written {
  written: number;
  one: string | null;
}
const NOTHING_WRITTEN: Written = { written: 0, one: null };

const fixed = (merchantId: string, keys: MerchantKeys, origin: Origin): unknown[] => [
  merchantId,
  keys.generation,
  passphrase(keys),
  origin,
];

const columns = (writes: readonly { row: PageRow; emailHash: Buffer | null }[]): unknown[] => [
  writes.map(({ row }) => row.externalId),
  writes.map(({ row }) => row.email),
  writes.map(({ emailHash }) => emailHash),
  writes.map(({ row }) => row.json),
  writes.map(({ row }) => row.contentHash),
  writes.map(({ row }) => row.sourceUpdatedAt),
];

const COLUMNS = `$5::text[], $6::text[], $7::bytea[], $8::jsonb[], $9::bytea[], $10::timestamptz[]`;

const encrypted = (merchantId: string, customerId: string, email: string): string =>
  encryptEmailSql({ merchantId, customerId, email, generation: '$2', passphrase: '$3' });

const withEvents = (write: string): string => `${write},
  events as (${appendEventsSql('written')})
  select count(*)::int as written, any_value(customer_id) as one from written`;

const INSERT = withEvents(`
  with new as materialized (
    select uuidv7() as id, page.*
      from unnest(${COLUMNS}) as page (external_id, email, email_hash, metadata, content_hash, source_updated_at)),
  written as (
    insert into customers (id, merchant_id, external_id, email, email_hash, metadata, content_hash, source_updated_at)
    select new.id, $1::uuid, new.external_id, ${encrypted('$1::uuid', 'new.id', 'new.email')}, new.email_hash,
           new.metadata, new.content_hash, new.source_updated_at
      from new
    on conflict do nothing
    returning merchant_id, id as customer_id, version, $4::text as origin, null as traceparent,
              case when email is null then '{external_id,metadata}'::text[]
                   else '{email,external_id,metadata}' end as changed_fields)`);

const UPDATE = withEvents(`
  with written as (
    update customers c
       set external_id = page.external_id,
           email = case when page.set_email then ${encrypted('c.merchant_id', 'c.id', 'page.email')}
                   else c.email end,
           email_hash = case when page.set_email then page.email_hash else c.email_hash end,
           metadata = coalesce(c.metadata, '{}') || page.metadata,
           content_hash = page.content_hash,
           source_updated_at = greatest(c.source_updated_at, page.source_updated_at),
           deleted_at = null,
           merged_into = null,
           version = c.version + 1
      from unnest(${COLUMNS}, $11::uuid[], $12::int[], $13::bool[], $14::text[])
           as page (external_id, email, email_hash, metadata, content_hash, source_updated_at,
                    id, version, set_email, changed_fields)
     where c.merchant_id = $1 and c.id = page.id and c.version = page.version
    returning c.merchant_id, c.id as customer_id, c.version, $4::text as origin, null as traceparent,
              string_to_array(page.changed_fields, ',') as changed_fields)`);

/**
 * Stores the source's last word where it said nothing new, and how new it was: an older one that comes late must not pass
 * for the newest. No version and no event, for nothing that a reader sees has changed.
 */
export async function touchCustomers(tx: Tx, merchantId: string, touches: readonly Touch[]): Promise<void> {
  if (touches.length === 0) return;
  await tx.query(
    `update customers c
        set source_updated_at = greatest(c.source_updated_at, heard.at),
            content_hash = coalesce(heard.content_hash, c.content_hash)
       from unnest($2::uuid[], $3::timestamptz[], $4::bytea[]) as heard (id, at, content_hash)
      where c.merchant_id = $1 and c.id = heard.id`,
    [
      merchantId,
      touches.map(({ id }) => id),
      touches.map(({ sourceUpdatedAt }) => sourceUpdatedAt),
      touches.map(({ contentHash }) => contentHash),
    ],
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
