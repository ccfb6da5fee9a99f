import {
  advanceRun,
  clearWaiting,
  commitPage,
  countersOf,
  keepIds,
  movePlace,
  renewLease,
  upsertCustomers,
  type ClaimedPage,
  type UpsertCounts,
} from '@core/domain';
import type { Source, SourcePage } from '@core/shopify';
import { inTransactionOf } from '../in-transaction-of.ts';
import { countPage, type Progress, type Work, type WorkDeps } from './page-work.ts';
import { storeCustomers } from './store-customers.ts';
import { waitForPlace } from './wait-for-place.ts';

/** A page of a `read`, `reconcile` or `ids` slice: its rows, its ids and its checkpoint in one transaction. */
export async function readPage(deps: WorkDeps, work: Work): Promise<Progress> {
  const { claimed, ask } = work;
  const { shop, cursor, range, kind } = claimed;
  const source = deps.sources[sourceOf(claimed)];
  const query = { shop, range, cursor, idsOnly: kind === 'ids', signal: deps.signal };
  const fetched =
    (await source.fetchFile?.(query)) ??
    (await ask(source.limitAt(cursor), (accessToken) => source.fetch({ ...query, accessToken })));
  const { further } = fetched;
  return take(deps, work, further ? await sendFurther(deps, work, further) : fetched);
}

async function take(deps: WorkDeps, work: Work, fetched: SourcePage): Promise<Progress> {
  const { page, claimed } = work;
  if (fetched.wait) {
    await inTransactionOf(page, deps.pool, (tx) => movePlace(tx, { ...page, cursor: fetched.next }));
    return { kind: 'wait', ...fetched.wait };
  }
  countPage(deps, claimed.shop, await store(deps, work, fetched));
  return fetched.next === null ? 'done' : 'next';
}

/** Unless the run was cancelled while a place was waited for: nobody would know of what is started then. */
const sendFurther = (
  { pool, signal }: WorkDeps,
  { page, ask }: Work,
  { limit, send }: NonNullable<SourcePage['further']>,
): Promise<SourcePage> =>
  waitForPlace(() => ask(limit, send), {
    signal,
    stillWanted: () => inTransactionOf(page, pool, (tx) => renewLease(tx, page)),
  });

async function store(
  deps: WorkDeps,
  work: Work,
  { customers: read, ids, next }: SourcePage,
): Promise<UpsertCounts | undefined> {
  const { page, claimed, ctx } = work;
  const { merchantId, importId } = page;
  const { kind, range } = claimed;
  const done = next === null;
  return storeCustomers(deps, work, read, (customers) =>
    inTransactionOf(page, deps.pool, async (tx) => {
      const counts =
        kind === 'ids' ? undefined : await upsertCustomers(tx, ctx, { merchantId, importId, customers });
      const counters = countersOf(kind, { ...counts, read: customers.length });
      await commitPage(tx, { ...page, cursor: next, done, counters });
      if (isCounted(kind, range)) await keepIds(tx, { ...page, ids });
      await clearWaiting(tx, page);
      if (done) await advanceRun(tx, ctx, page);
      return counts;
    }),
  );
}

/** Who came after the run's start is imported, but the shop's count leaves them out, and so do the sets of ids. */
const isCounted = (kind: ClaimedPage['kind'], { createdTo }: ClaimedPage['range']): boolean =>
  kind !== 'reconcile' || createdTo !== undefined;

/** What changed since the start is little: no bulk operation for that. */
function sourceOf({ source, kind }: ClaimedPage): Source['name'] {
  if (source === 'auto') return 'graphql';
  return source === 'bulk' && kind === 'reconcile' ? 'graphql' : source;
}
