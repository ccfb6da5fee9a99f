import { and, eq, gte, isNotNull, isNull, lt, sql, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import {
  build,
  columns,
  customerImportIds,
  customerImportLogs,
  customers,
  insertSelect,
  relation,
  shopDirectory,
  statement,
  type Placeholders,
  type Tx,
} from '@core/db';
import { customerNumber } from '../customers/index.ts';
import type { ImportRef } from './cancel-import.ts';
import { addSlices } from './add-slices.ts';
import { storeIds } from './store-ids.ts';
import type { PageRef } from './lease.ts';
import { isOfRun, RUN } from './of-run.ts';
import { listed, seen, withListed, withSeen } from './seen-ids.ts';

/**
 * Ids per page of a `verify` slice. Shopify accepts 250 in one request, but refuses a query above 1,000
 * points, and a customer has four objects of one point each.
 *
 * A `verify` slice requests the shop's count again (page 0, kept as the slice's cursor) and then single ids.
 * The ids of a page wait in customer_import_ids. When the page is committed, the ids that the shop has
 * replace them, and count as seen from then on.
 */
const IDS_A_PAGE = 200;

const sought = relation('sought', { id: sql<string>`` });
const ASKED = {
  id: sought.id,
  page: sql<string>`(row_number() over (order by ${sought.id}) - 1) / ${IDS_A_PAGE} + 1`,
};
const asked = relation('asked', ASKED);

/** @param idsOf builds the query that selects the ids */
const addIds = (idsOf: (run: Placeholders<typeof RUN>) => SQL) =>
  statement({
    params: { ...RUN, slice: customerImportIds.slice },
    text: ({ slice, ...run }) => sql`
      with ${withSeen(run)}, ${withListed(run)},
      ${asked} as (select ${columns(ASKED)} from (${idsOf(run)}) ${sought})
      ${insertSelect(customerImportIds, {
        importId: run.importId,
        slice,
        page: asked.page,
        merchantId: run.merchantId,
        ids: sql`array_agg(${asked.id} order by ${asked.id})`,
      })} from ${asked} group by ${asked.page}`,
  });

const c = alias(customers, 'c');
const r = alias(customerImportLogs, 'r');

const KNOWN = { id: customerNumber(c) };
const known = relation('known', KNOWN);

const ADD_UNSEEN = addIds(
  (p) => sql`
    select ${known.id}
      from (select ${columns(KNOWN)}
              from ${customerImportLogs} as ${r} join ${customers} as ${c} on ${c.merchantId} = ${r.merchantId}
             where ${r.id} = ${p.importId} and ${r.mode} = 'full' and ${c.merchantId} = ${p.merchantId}
               and ${isNull(c.deletedAt)} and ${lt(c.createdAt, r.startedAt)}
               and (select count(*) from ${shopDirectory}
                     where ${shopDirectory.merchantId} = ${p.merchantId}) = 1) ${known}
     where ${isNotNull(known.id)}
    except select ${seen.id} from ${seen}`,
);

/**
 * Adds a verify slice for unseen customers: those stored before a full run started and not read by it.
 * Applies only while this is the merchant's only shop, also counting shops that are no longer connected and
 * whose data stays: nothing records which of two shops a customer belongs to.
 */
export const verifyUnseenCustomers = (tx: Tx, ref: ImportRef): Promise<void> =>
  addVerify(tx, ref, ADD_UNSEEN);

const ADD_DIFFERENCE = addIds(
  (p) => sql`
    (select ${listed.id} from ${listed} except select ${seen.id} from ${seen})
     union all
    (select ${seen.id} from ${seen} except select ${listed.id} from ${listed}
     except
     select ${customerNumber(c)}
       from ${customers} as ${c}
       join ${customerImportLogs} as ${r} on ${r.merchantId} = ${p.merchantId} and ${r.id} = ${p.importId}
      where ${c.merchantId} = ${p.merchantId} and ${gte(c.deletedAt, r.startedAt)})`,
);

/** Adds a verify slice for ids that only one side has: listed but not read, or read but no longer listed. */
export const verifyDifference = (tx: Tx, ref: ImportRef): Promise<void> => addVerify(tx, ref, ADD_DIFFERENCE);

async function addVerify(tx: Tx, ref: ImportRef, add: ReturnType<typeof addIds>): Promise<void> {
  const slice = await addSlices(tx, ref, [{ kind: 'verify' }]);
  await tx.run(add, { ...ref, slice });
}

const PAGE = { ...RUN, slice: customerImportIds.slice, page: customerImportIds.page };
const isPage = (p: Placeholders<typeof PAGE>) =>
  and(
    isOfRun(customerImportIds, p),
    eq(customerImportIds.slice, p.slice),
    eq(customerImportIds.page, p.page),
  );

const READ_IDS = statement({
  params: PAGE,
  row: { ids: customerImportIds.ids },
  text: (p, row) => build.select(row).from(customerImportIds).where(isPage(p)),
});

/** Returns the ids that this page must request; empty after the last page. */
export async function readIdsToVerify(tx: Tx, page: PageRef): Promise<number[]> {
  const [row] = await tx.run(READ_IDS, page);
  return row?.ids ?? [];
}

const DELETE_IDS = statement({
  params: PAGE,
  text: (p) => build.delete(customerImportIds).where(isPage(p)),
});

/** Replaces the requested ids with those that the shop has. */
export async function storeFoundIds(
  tx: Tx,
  { found, ...page }: PageRef & { found: readonly number[] },
): Promise<void> {
  await tx.run(DELETE_IDS, page);
  await storeIds(tx, { ...page, ids: found });
}
