import { createHash, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { Client } from 'pg';
import { Topic } from '@core/contracts';
import { emailHash, encryptEmailSql, inTransaction, passphrase, type MerchantKeys } from '@core/db';
import { upsertCustomers, type CommandContext, type ImportedCustomer } from '@core/domain';
import type { ImportStack } from './open-stack.ts';

/** Rows of one transaction, of pages and of the loop that keeps to them. */
const PAGE = 250;

/** Stores new customers page by page, as an import does, on one connection. */
export async function upsertPages(
  { pool, keys }: Pick<ImportStack, 'pool' | 'keys'>,
  merchantId: string,
  customers: readonly ImportedCustomer[],
): Promise<void> {
  const ctx: CommandContext = { caller: 'bench', requestId: 'bench', keys };
  const importId = randomUUID();
  for (let n = 0; n < customers.length; n += PAGE) {
    const page = customers.slice(n, n + PAGE);
    await inTransaction(pool, (tx) => upsertCustomers(tx, ctx, { merchantId, importId, customers: page }));
  }
}

/** Stores `new` (id, and the columns of a row) with an event for each that was written. $1-$3: merchant and key. */
const STORE_NEW = `
  upserted as (
    insert into customers (id, merchant_id, external_id, email, email_hash, metadata, content_hash, source_updated_at)
    select id, $1, external_id, ${encryptEmailSql({
      merchantId: '$1::uuid',
      customerId: 'new.id',
      email: 'new.email',
      generation: '$2',
      passphrase: '$3',
    })}, email_hash, metadata, content_hash, source_updated_at
      from new
    on conflict (merchant_id, external_id) do update
       set email = excluded.email, email_hash = excluded.email_hash, metadata = excluded.metadata,
           content_hash = excluded.content_hash, source_updated_at = excluded.source_updated_at,
           version = customers.version + 1
     where customers.content_hash is distinct from excluded.content_hash
    returning id, version)
  insert into outbox_events (segment, shard, topic, merchant_id, customer_id, version, changed_fields, origin)
  select (select segment from outbox_rotation), abs(hashtext(id::text)::bigint) % 4,
         case version when 1 then '${Topic.customerCreated}' else '${Topic.customerUpdated}' end,
         $1, id, version, '{email,external_id,metadata}', 'import'
    from upserted`;

type Upsert = (
  client: Client,
  keys: MerchantKeys,
  merchantId: string,
  customers: readonly ImportedCustomer[],
) => Promise<void>;

/**
 * The loop that people write first: one customer after the other, each saved with its event in a transaction of its
 * own, by one prepared statement, thus one round trip. The email is encrypted and indexed as ours; unlike ours,
 * nothing is looked up first.
 */
export const upsertRows: Upsert = (...input) => upsertRowByRow(1, ...input);

/** The same loop as good as it gets: a commit a page. */
export const upsertRowsByPage: Upsert = (...input) => upsertRowByRow(PAGE, ...input);

async function upsertRowByRow(
  ofTransaction: number,
  ...[client, keys, merchantId, customers]: Parameters<Upsert>
): Promise<void> {
  for (let n = 0; n < customers.length; n += ofTransaction) {
    if (ofTransaction > 1) await client.query('begin');
    for (const row of customers.slice(n, n + ofTransaction).map((each) => toRow(keys, each))) {
      await client.query({
        name: 'upsert_row',
        text: `with new as (select uuidv7() as id, $4::varchar as external_id, $5::varchar as email, $6::bytea as email_hash,
                                   $7::jsonb as metadata, $8::bytea as content_hash, $9::timestamptz as source_updated_at),
               ${STORE_NEW}`,
        values: [merchantId, keys.generation, passphrase(keys), ...row],
      });
    }
    if (ofTransaction > 1) await client.query('commit');
  }
}

/** The fastest plain way: COPY all rows into a staging table, then one statement, in one transaction. */
export const upsertByCopy: Upsert = async (client, keys, merchantId, customers) => {
  await client.query('begin');
  await client.query(`create temp table staging (external_id varchar, email varchar, email_hash bytea, metadata jsonb,
                                                content_hash bytea, source_updated_at timestamptz) on commit drop`);
  await pipeline(
    Readable.from(lines(keys, customers)),
    client.query(copyFrom(`copy staging from stdin with (format csv, null '\\N')`)),
  );
  await client.query(`with new as (select uuidv7() as id, * from staging), ${STORE_NEW}`, [
    merchantId,
    keys.generation,
    passphrase(keys),
  ]);
  await client.query('commit');
};

function* lines(keys: MerchantKeys, customers: readonly ImportedCustomer[]): Iterable<string> {
  for (const customer of customers) {
    const cells = toRow(keys, customer).map((cell) => `"${inCsv(cell).replaceAll('"', '""')}"`);
    yield `${cells.join(',')}\n`;
  }
}

const inCsv = (cell: string | Buffer): string =>
  typeof cell === 'string' ? cell : `\\x${cell.toString('hex')}`;

function toRow(keys: MerchantKeys, customer: ImportedCustomer): (string | Buffer)[] {
  const email = customer.email ?? '';
  const metadata = JSON.stringify(customer.metadata);
  const hash = emailHash(keys, email);
  const content = createHash('sha256').update(hash).update(metadata).digest();
  return [customer.externalId, email, hash, metadata, content, customer.sourceUpdatedAt.toISOString()];
}
