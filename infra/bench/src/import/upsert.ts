import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { Client } from 'pg';
import { sql, type SQL } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { emailHash, encryptEmail, passphrase, type MerchantKeys } from '@core/crypto';
import {
  appendEvents,
  assign,
  bare,
  columns,
  customers,
  excluded,
  insertSelect,
  inTransaction,
  json,
  relation,
  statement,
  text,
  type Placeholders,
  type Relation,
} from '@core/db';
import { upsertCustomers, type CommandContext, type ImportedCustomer } from '@core/domain';
import { anImportId } from '@core/testing';
import type { ImportStack } from './open-stack.ts';

/** Rows per transaction, of the import's pages and of the loop that commits page by page. */
const PAGE = 250;

/** Stores new customers page by page, as an import does, on one connection. */
export async function upsertPages(
  { pool, keys }: Pick<ImportStack, 'pool' | 'keys'>,
  merchantId: MerchantId,
  people: readonly ImportedCustomer[],
): Promise<void> {
  const ctx: CommandContext = { caller: 'bench', requestId: 'bench', keys };
  const importId = anImportId();
  for (let n = 0; n < people.length; n += PAGE) {
    const page = people.slice(n, n + PAGE);
    await inTransaction(pool, (tx) => upsertCustomers(tx, ctx, { merchantId, importId, customers: page }));
  }
}

const { externalId, email, metadata, contentHash, sourceUpdatedAt } = customers;
const ROW = { externalId, email, emailHash: customers.emailHash, metadata, contentHash, sourceUpdatedAt };
const NEW = { id: sql<string>`uuidv7()`, ...ROW };
const KEY = { merchantId: customers.merchantId, generation: text, passphrase: text };

/** Stores the rows of `added`, with an event for each row that was written. */
function store(added: Relation<typeof NEW>, p: Placeholders<typeof KEY>): SQL {
  const written = {
    merchantId: customers.merchantId,
    customerId: customers.id,
    version: customers.version,
    changedFields: sql<string[]>`'{email,external_id,metadata}'::text[]`,
    origin: sql<string>`'import'`,
    traceparent: sql<null>`null`,
  };
  const upserted = relation('upserted', written);
  const encrypted = encryptEmail({ ...p, customerId: added.id, email: added.email });
  return sql`
    ${upserted} as (
      ${insertSelect(customers, { ...added, merchantId: p.merchantId, email: encrypted })} from ${added}
      on conflict (${bare(customers.merchantId, externalId)}) do update
         set ${assign(customers, {
           email: excluded(email),
           emailHash: excluded(customers.emailHash),
           metadata: excluded(metadata),
           contentHash: excluded(contentHash),
           sourceUpdatedAt: excluded(sourceUpdatedAt),
           version: sql`${customers.version} + 1`,
         })}
       where ${contentHash} is distinct from ${excluded(contentHash)}
      returning ${columns(written)})
    ${appendEvents(upserted)}`;
}

const UPSERT_ROW = statement({
  name: 'upsert_row',
  params: { ...KEY, ...ROW, metadata: json },
  text: ({ merchantId, generation, passphrase, ...row }) => {
    const added = relation('new', NEW);
    return sql`
      with ${added} as (select ${columns({ id: NEW.id, ...row })}), ${store(added, { merchantId, generation, passphrase })}`;
  },
});

const staging = relation('staging', ROW);
const MAKE_STAGING = statement({
  text: () =>
    sql`create temp table ${staging} on commit drop as select ${columns(ROW)} from ${customers} limit 0`,
});
const UPSERT_STAGED = statement({
  params: KEY,
  text: (p) => {
    const added = relation('new', NEW);
    return sql`
      with ${added} as (select ${columns({ id: NEW.id, ...staging })} from ${staging}), ${store(added, p)}`;
  },
});

type Upsert = (
  client: Client,
  keys: MerchantKeys,
  merchantId: MerchantId,
  people: readonly ImportedCustomer[],
) => Promise<void>;

/**
 * The obvious loop: stores one customer after the other, each with its event in a separate transaction. One
 * prepared statement does it in one round trip. The email is encrypted and indexed like ours; unlike ours, no
 * existing rows are looked up first.
 */
export const upsertRows: Upsert = (...input) => upsertRowByRow(1, ...input);

/** The same loop in its best form, with one commit per page. */
export const upsertRowsByPage: Upsert = (...input) => upsertRowByRow(PAGE, ...input);

async function upsertRowByRow(
  rowsPerTransaction: number,
  ...[client, keys, merchantId, people]: Parameters<Upsert>
): Promise<void> {
  for (let n = 0; n < people.length; n += rowsPerTransaction) {
    if (rowsPerTransaction > 1) await client.query('begin');
    for (const row of people.slice(n, n + rowsPerTransaction).map((each) => toRow(keys, each))) {
      const values = UPSERT_ROW.valuesOf({ ...keyOf(keys, merchantId), ...row });
      await client.query({ name: UPSERT_ROW.name, text: UPSERT_ROW.text, values });
    }
    if (rowsPerTransaction > 1) await client.query('commit');
  }
}

/**
 * The fastest plain alternative: COPY of all rows into a staging table and one statement, in one transaction.
 */
export const upsertByCopy: Upsert = async (client, keys, merchantId, people) => {
  await client.query('begin');
  await client.query(MAKE_STAGING.text);
  await pipeline(
    Readable.from(lines(keys, people)),
    client.query(copyFrom(`copy staging from stdin with (format csv, null '\\N')`)),
  );
  await client.query(UPSERT_STAGED.text, UPSERT_STAGED.valuesOf(keyOf(keys, merchantId)));
  await client.query('commit');
};

function* lines(keys: MerchantKeys, people: readonly ImportedCustomer[]): Iterable<string> {
  for (const customer of people) {
    const row = toRow(keys, customer);
    const cells = COPIED.map((field) => `"${inCsv(row[field]).replaceAll('"', '""')}"`);
    yield `${cells.join(',')}\n`;
  }
}

/** The columns in the order of the staging table. */
const COPIED = Object.keys(ROW) as (keyof typeof ROW)[];

function inCsv(cell: string | Buffer | Date): string {
  if (typeof cell === 'string') return cell;
  return cell instanceof Date ? cell.toISOString() : `\\x${cell.toString('hex')}`;
}

const keyOf = (keys: MerchantKeys, merchantId: MerchantId) => ({
  merchantId,
  generation: String(keys.generation),
  passphrase: passphrase(keys),
});

function toRow(keys: MerchantKeys, customer: ImportedCustomer) {
  const email = customer.email ?? '';
  const metadata = JSON.stringify(customer.metadata);
  const hash = emailHash(keys, email);
  const content = createHash('sha256').update(hash).update(metadata).digest();
  const { externalId, sourceUpdatedAt } = customer;
  return { externalId, email, emailHash: hash, metadata, contentHash: content, sourceUpdatedAt };
}
