import { sql, type SQL } from 'drizzle-orm';
import type { CustomerId } from '@core/contracts';
import { encryptEmail } from '@core/crypto';
import {
  appendEvents,
  assign,
  bool,
  columns,
  customers,
  insertSelect,
  json,
  many,
  merchantKeys,
  nullable,
  outboxEvents,
  relation,
  returning,
  statement,
  text,
  unnest,
  type Placeholders,
} from '@core/db';

const { merchantId, id, externalId, email, emailHash, metadata, version, contentHash, sourceUpdatedAt } =
  customers;

/** The values that the rows of a page share, and the source's values for each row. */
const PAGE = {
  merchantId,
  generation: merchantKeys.generation,
  passphrase: text,
  origin: outboxEvents.origin,
  externalIds: many(externalId),
  emails: many(nullable(text)),
  emailHashes: many(emailHash),
  jsons: many(json),
  contentHashes: many(contentHash),
  sourceUpdatedAts: many(sourceUpdatedAt),
};

const reportedColumns = (p: Placeholders<typeof PAGE>) => ({
  externalId: p.externalIds,
  email: p.emails,
  emailHash: p.emailHashes,
  metadata: p.jsons,
  contentHash: p.contentHashes,
  sourceUpdatedAt: p.sourceUpdatedAts,
});

/** The columns that a write returns, from which its events are built. */
const writtenBy = (p: Placeholders<typeof PAGE>, changedFields: SQL<string[]>) => ({
  merchantId,
  customerId: id,
  version,
  origin: p.origin,
  traceparent: sql<null>`null`,
  changedFields,
});
type Written = ReturnType<typeof writtenBy>;

/**
 * Builds a write with its events. It returns the number of written rows and the id of one of them.
 * @param shape the columns that the write returns
 * @param write the CTEs before the one of the events; the last of them is `written`
 */
function withEvents(shape: Written, write: SQL) {
  const written = relation('written', shape);
  return returning(
    { written: sql<number>`count(*)::int`, one: sql<CustomerId | null>`any_value(${written.customerId})` },
    (row) => sql`with ${write}, events as (${appendEvents(written)}) select ${row} from ${written}`,
  );
}

/** Inserts all new customers of a page. It stays prepared, because it looks up nothing. */
export const INSERT_PAGE = statement({
  name: 'insert_customers',
  params: PAGE,
  text(p) {
    const page = unnest('page', reportedColumns(p));
    const fresh = { id: sql<CustomerId>`uuidv7()`, ...page };
    const created = relation('new', fresh);
    const written = writtenBy(
      p,
      sql`case when ${email} is null then '{external_id,metadata}'::text[] else '{email,external_id,metadata}' end`,
    );
    return withEvents(
      written,
      sql`
      ${created} as materialized (select ${columns(fresh)} from ${page}),
      written as (
        ${insertSelect(customers, {
          ...created,
          merchantId: p.merchantId,
          email: encryptEmail({ ...p, customerId: created.id, email: created.email }),
        })} from ${created}
        on conflict do nothing
        returning ${columns(written)})`,
    );
  },
});

/**
 * Updates all changed customers of a page. It has no name: a cached plan may date from when the table was
 * small.
 */
export const UPDATE_PAGE = statement({
  params: {
    ...PAGE,
    ids: many(id),
    versions: many(version),
    setEmails: many(bool),
    changedFields: many(text),
  },
  text(p) {
    const page = unnest('page', {
      ...reportedColumns(p),
      id: p.ids,
      version: p.versions,
      setsEmail: p.setEmails,
      changedFields: p.changedFields,
    });
    const written = writtenBy(p, sql`string_to_array(${page.changedFields}, ',')`);
    const encrypted = encryptEmail({ ...p, merchantId, customerId: id, email: page.email });
    return withEvents(
      written,
      sql`
      written as (
        update ${customers} set ${assign(customers, {
          externalId: page.externalId,
          email: sql`case when ${page.setsEmail} then ${encrypted} else ${email} end`,
          emailHash: sql`case when ${page.setsEmail} then ${page.emailHash} else ${emailHash} end`,
          metadata: sql`coalesce(${metadata}, '{}') || ${page.metadata}`,
          contentHash: page.contentHash,
          sourceUpdatedAt: sql`greatest(${sourceUpdatedAt}, ${page.sourceUpdatedAt})`,
          deletedAt: sql`null`,
          mergedInto: sql`null`,
          version: sql`${version} + 1`,
        })}
          from ${page}
         where ${merchantId} = ${p.merchantId} and ${id} = ${page.id} and ${version} = ${page.version}
        returning ${columns(written)})`,
    );
  },
});
