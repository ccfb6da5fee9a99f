import { and, eq, sql } from 'drizzle-orm';
import type { MerchantId, ImportId } from '@core/contracts';
import { type MerchantKeys } from '@core/crypto';
import {
  build,
  columns,
  customerImportLogs,
  customers,
  erasureTombstones,
  many,
  oneOf,
  relation,
  returning,
  statement,
  unnest,
  type Tx,
} from '@core/db';
import { emailTombstones, externalIdTombstones } from '../persons/tombstones.ts';
import type { PageRow } from './page.ts';
import type { StoredCustomer, Tombstones } from './resolve.ts';

const { merchantId, id, externalId, emailHash, contentHash } = customers;

/**
 * Looks up key by key in lateral joins, each by its index: `= any` may read all of the merchant's rows for
 * every page. There are no statistics of merchants for the same reason: for a growing new shop they would
 * claim that it has no rows, and PostgreSQL would read all of them.
 */
const LOAD = statement({
  params: {
    merchantId,
    externalIds: many(externalId),
    emailHashes: many(emailHash),
    contentHashes: many(contentHash),
  },
  text(p) {
    const byId = unnest('page', { externalId: p.externalIds });
    const byEmail = unnest('page', { emailHash: p.emailHashes });
    const known = relation('known', { id });
    const found = relation('found', { id });
    const shape = {
      id,
      externalId,
      emailHash,
      hasEmail: sql<boolean>`${customers.email} is not null`,
      contentHash,
      metadata: sql<Record<string, unknown> | null>`
        case when ${oneOf(contentHash, p.contentHashes)} then null else ${customers.metadata} end`,
      sourceUpdatedAt: customers.sourceUpdatedAt,
      deletedAt: customers.deletedAt,
      erasedAt: customers.erasedAt,
      version: customers.version,
    };
    const stored = relation('stored', shape);
    return returning(
      shape,
      () => sql`
      with ${found} as (
        select ${known.id}
          from ${byId}
         cross join lateral (select ${columns({ id })} from ${customers}
                              where ${merchantId} = ${p.merchantId} and ${externalId} = ${byId.externalId}
                              limit 1) as ${known}
         union
        select ${known.id}
          from ${byEmail}
         cross join lateral (select ${columns({ id })} from ${customers}
                              where ${merchantId} = ${p.merchantId} and ${emailHash} = ${byEmail.emailHash}
                              limit 1) as ${known})
      select ${stored}.*
        from ${found}
       cross join lateral (
             select ${columns(shape)} from ${customers}
              where ${merchantId} = ${p.merchantId} and ${id} = ${found.id} limit 1) as ${stored}`,
    );
  },
});

/**
 * Returns the stored customers of a page, without a lock: a write that finds another version starts again.
 */
export const loadStored = (
  tx: Tx,
  merchantId: MerchantId,
  rows: readonly PageRow[],
): Promise<StoredCustomer[]> =>
  tx.run(LOAD, {
    merchantId,
    externalIds: rows.map((row) => row.externalId),
    emailHashes: rows.flatMap((row) => (row.emailHash ? [row.emailHash] : [])),
    contentHashes: rows.map((row) => row.contentHash),
  });

const RUN_START = statement({
  params: { merchantId: customerImportLogs.merchantId, importId: customerImportLogs.id },
  row: { at: customerImportLogs.createdAt },
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportLogs)
      .where(and(eq(customerImportLogs.merchantId, p.merchantId), eq(customerImportLogs.id, p.importId))),
});

/** Returns when a run started; null for an unknown run. */
export async function loadRunStart(tx: Tx, merchantId: MerchantId, importId: ImportId): Promise<Date | null> {
  const [run] = await tx.run(RUN_START, { merchantId, importId });
  return run?.at ?? null;
}

const { kind, hash } = erasureTombstones;

const HAS_ERASED = statement({
  params: { merchantId: erasureTombstones.merchantId },
  text: (p) =>
    returning(
      {
        erased: sql<boolean>`exists (
          select from ${erasureTombstones} where ${erasureTombstones.merchantId} = ${p.merchantId})`,
      },
      (row) => sql`select ${row}`,
    ),
});

const FIND_ERASED = statement({
  params: { merchantId: erasureTombstones.merchantId, externalIds: many(hash), emails: many(hash) },
  row: { kind, hash },
  text: (p, row) => sql`
    select ${row} from ${erasureTombstones}
     where ${erasureTombstones.merchantId} = ${p.merchantId}
       and ((${kind} = 'external_id' and ${oneOf(hash, p.externalIds)})
            or (${kind} = 'email' and ${oneOf(hash, p.emails)}))`,
});

/**
 * Returns the people of the page who were erased. Most merchants have no erasures: for them no row is hashed.
 */
export async function loadTombstones(
  tx: Tx,
  merchantId: MerchantId,
  keys: MerchantKeys,
  rows: readonly (Pick<PageRow, 'externalId'> & Partial<Pick<PageRow, 'email' | 'emailHash'>>)[],
): Promise<Tombstones> {
  const [merchant] = await tx.run(HAS_ERASED, { merchantId });
  if (!merchant?.erased) return { externalIds: new Set(), emailHashes: new Set() };
  const externalIds = namesByTombstone(rows, ({ externalId }) => ({
    name: externalId,
    tombstones: externalIdTombstones(keys, externalId),
  }));
  const emailHashes = namesByTombstone(rows, ({ email, emailHash }) => ({
    name: emailHash?.toString('hex') ?? '',
    tombstones: email ? emailTombstones(keys, email) : [],
  }));
  const hashesOf = (names: ReadonlyMap<string, unknown>) =>
    [...names.keys()].map((hex) => Buffer.from(hex, 'hex'));
  const found = await tx.run(FIND_ERASED, {
    merchantId,
    externalIds: hashesOf(externalIds),
    emails: hashesOf(emailHashes),
  });
  const erased = <Name>(kind: 'email' | 'external_id', names: ReadonlyMap<string, Name>) =>
    new Set(
      found.filter((row) => row.kind === kind).flatMap(({ hash }) => names.get(hash.toString('hex')) ?? []),
    );
  return { externalIds: erased('external_id', externalIds), emailHashes: erased('email', emailHashes) };
}

/** A name has several tombstones: earlier builds hashed other forms of it. */
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
