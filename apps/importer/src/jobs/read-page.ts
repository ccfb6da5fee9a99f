import {
  advanceRun,
  clearWaiting,
  commitPage,
  countersOf,
  readMissedWithin,
  storeIds,
  saveCursor,
  upsertCustomers,
  type ClaimedPage,
  type UpsertCounts,
} from '@core/domain';
import { NotReady, readCursor, writeCursor, type Page, type SourceName } from '@core/shopify';
import { inTransactionOf } from '../in-transaction-of.ts';
import { countPage, type Progress, type Work, type WorkDeps } from './page-work.ts';
import { storeCustomers } from './store-customers.ts';

/**
 * Processes a page of a `read`, `reconcile` or `ids` slice: stores rows, ids and checkpoint in one
 * transaction.
 */
export async function readPage(deps: WorkDeps, work: Work): Promise<Progress> {
  const { page, claimed } = work;
  try {
    const read = await nextPage(deps, work, sourceOf(claimed));
    countPage(deps, work, await store(deps, work, read));
    return read.next === null ? 'done' : 'next';
  } catch (error) {
    if (error instanceof NotReady) {
      const cursor = writeCursor(error.cursor);
      await inTransactionOf(page, deps.pool, (tx) => saveCursor(tx, { ...page, cursor }));
    }
    throw error;
  }
}

const nextPage = <Name extends SourceName>(
  { sources }: WorkDeps,
  { claimed: { range, kind, cursor, emailsWithheld }, client }: Work,
  source: Name,
): Promise<Page> =>
  sources[source]({
    client,
    range,
    idsOnly: kind === 'ids',
    withoutEmail: emailsWithheld === true,
  }).next(readCursor(source, cursor));

async function store(
  deps: WorkDeps,
  work: Work,
  { customers: read, ids, next }: Page,
): Promise<UpsertCounts | undefined> {
  const { page, claimed, ctx } = work;
  const { merchantId, importId } = page;
  const { kind, range } = claimed;
  const done = next === null;
  return storeCustomers(deps, work, read, (customers) =>
    inTransactionOf(page, deps.pool, async (tx) => {
      const missedWithin = kind === 'read' ? await readMissedWithin(tx, page) : undefined;
      const counts =
        kind === 'ids'
          ? undefined
          : await upsertCustomers(tx, ctx, { merchantId, importId, customers, missedWithin });
      const counters = countersOf(kind, { ...counts, read: customers.length });
      await commitPage(tx, { ...page, cursor: next && writeCursor(next), done, counters });
      if (isCounted(kind, range)) await storeIds(tx, { ...page, ids });
      await clearWaiting(tx, page);
      if (done) await advanceRun(tx, ctx, page);
      return counts;
    }),
  );
}

/**
 * Customers created after the run's start are imported, but are not in the shop's count or the sets of ids.
 */
const isCounted = (kind: ClaimedPage['kind'], { createdTo }: ClaimedPage['range']): boolean =>
  kind !== 'reconcile' || createdTo !== undefined;

/**
 * Chooses the source. Few customers change after the start, so a bulk operation is not worthwhile for them.
 */
function sourceOf({ source, kind }: ClaimedPage): SourceName {
  if (source === 'auto') return 'graphql';
  return source === 'bulk' && kind === 'reconcile' ? 'graphql' : source;
}
