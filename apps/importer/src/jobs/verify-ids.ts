import { gidOf } from '@core/contracts';
import type { Tx } from '@core/db';
import {
  advanceRun,
  clearWaiting,
  commitPage,
  countersOf,
  deleteCustomers,
  storeFoundIds,
  rangeOfRun,
  readIdsToVerify,
  upsertCustomers,
  type PageRef,
  type SliceCounters,
} from '@core/domain';
import { countCustomers, fetchByIds, readCursor, writeCursor, type VerifyCursor } from '@core/shopify';
import { inTransactionOf } from '../in-transaction-of.ts';
import { countPage, type Progress, type Work, type WorkDeps } from './page-work.ts';
import { storeCustomers } from './store-customers.ts';

/**
 * Processes a page of a `verify` slice: counts the shop again, then requests single ids. Deletes missing
 * customers.
 */
export async function verifyIds(deps: WorkDeps, work: Work): Promise<Progress> {
  const cursor = readCursor('verify', work.claimed.cursor);
  return cursor ? askForIds(deps, work, cursor) : recount(deps, work);
}

async function recount(deps: WorkDeps, work: Work): Promise<Progress> {
  const { page, claimed, client } = work;
  const count = await countCustomers(client, rangeOfRun(claimed));
  const cursor: VerifyCursor = { kind: 'verify', count };
  const progress = await inTransactionOf(page, deps.pool, (tx) =>
    commit(tx, work, { cursor, found: [], counters: {} }),
  );
  countPage(deps, work);
  return progress;
}

async function askForIds(deps: WorkDeps, work: Work, cursor: VerifyCursor): Promise<Progress> {
  const { page, claimed, ctx, client } = work;
  const { merchantId, importId } = page;
  const ids = await inTransactionOf(page, deps.pool, (tx) => readIdsToVerify(tx, page));
  // An erasure may have removed the last of the ids.
  const reading = { client, withoutEmail: claimed.emailsWithheld === true };
  const { customers: read, missing } =
    ids.length === 0 ? { customers: [], missing: [] } : await fetchByIds(reading, ids);
  const gone = new Set(missing);
  const [progress, counts] = await storeCustomers(deps, work, read, (customers) =>
    inTransactionOf(page, deps.pool, async (tx) => {
      const upserted = await upsertCustomers(tx, ctx, { merchantId, importId, customers });
      const externalIds = missing.map(gidOf);
      const { deleted } = await deleteCustomers(tx, ctx, { merchantId, externalIds, origin: 'import' });
      const counters = { ...upserted, deleted, read: customers.length };
      const found = ids.filter((id) => !gone.has(id));
      return [await commit(tx, work, { cursor, found, counters }), upserted] as const;
    }),
  );
  countPage(deps, work, counts);
  return progress;
}

interface Verified {
  cursor: VerifyCursor;
  found: number[];
  counters: Partial<SliceCounters>;
}

async function commit(tx: Tx, { page, ctx }: Work, verified: Verified): Promise<'next' | 'done'> {
  const { cursor, found, counters } = verified;
  const following: PageRef = { ...page, page: page.page + 1 };
  const done = (await readIdsToVerify(tx, following)).length === 0;
  await commitPage(tx, {
    ...page,
    cursor: writeCursor(cursor),
    done,
    counters: countersOf('verify', counters),
  });
  await storeFoundIds(tx, { ...page, found });
  await clearWaiting(tx, page);
  if (done) await advanceRun(tx, ctx, page);
  return done ? 'done' : 'next';
}
