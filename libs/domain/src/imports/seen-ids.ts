import { and, eq, inArray, lt, or, sql, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { columns, customerImportIds, customerImportSlices, relation, type Placeholders } from '@core/db';
import { isOfRun, type RUN } from './of-run.ts';

type RunPlaceholders = Placeholders<typeof RUN>;

const i = alias(customerImportIds, 'i');
const s = alias(customerImportSlices, 's');
const FOUND = { id: sql<string>`unnest(${i.ids})` };

/**
 * Sets of ids of one run as common table expressions; `id` is the number in gid://shopify/Customer/7.
 *
 * They are compared with except and intersect, never joined. The statistics know nothing about a newly read
 * shop, and a join planned for one row scans the whole set for each of a hundred thousand rows.
 *
 * seen: the customers that the run has read, without those that a verify slice has yet to request.
 */
export const seen = relation('seen', FOUND);
export const withSeen = (run: RunPlaceholders): SQL =>
  sql`${seen} as materialized (${findIds(
    run,
    or(inArray(s.kind, ['read', 'reconcile']), and(eq(s.kind, 'verify'), lt(i.page, s.page))),
  )})`;

/** listed: the customers that the shop listed when it was queried for ids alone. */
export const listed = relation('listed', FOUND);
export const withListed = (run: RunPlaceholders): SQL =>
  sql`${listed} as (${findIds(run, eq(s.kind, 'ids'))})`;

const findIds = (run: RunPlaceholders, which: SQL | undefined): SQL => sql`
  select distinct ${columns(FOUND)}
    from ${customerImportIds} as ${i}
    join ${customerImportSlices} as ${s}
      on ${s.merchantId} = ${i.merchantId} and ${s.importId} = ${i.importId} and ${s.slice} = ${i.slice}
   where ${and(isOfRun(i, run), which)}`;
