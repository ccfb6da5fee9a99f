import {
  advanceRun,
  clearWaiting,
  healExternalIds,
  moveCursor,
  planRun,
  rangeOfRun,
  type RunPlan,
} from '@core/domain';
import {
  chooseSource,
  countCustomers,
  keepAnswers,
  planRanges,
  readCursor,
  writeCursor,
} from '@core/shopify';
import { inTransactionOf } from '../in-transaction-of.ts';
import { countPage, type Progress, type Work, type WorkDeps } from './page-work.ts';

/**
 * The one page of a `plan` slice: asks for the count, chooses the source, cuts the shop into slices.
 * Its three to eight requests are counted by the shop's limit, and where that is low one of them finds no room. The
 * answers until then (counts and dates) are kept as the slice's cursor, or the plan would begin anew for ever. Rejected:
 * to wait here, which takes a slot from another shop's page.
 */
export async function planSlices(deps: WorkDeps, work: Work): Promise<Progress> {
  const { page, claimed, ctx } = work;
  const answers = keepAnswers(work.client, readCursor('plan', claimed.cursor));
  let plan: RunPlan;
  try {
    plan = await makePlan(deps, { ...work, client: answers.client });
  } catch (error) {
    if (answers.grown())
      await inTransactionOf(page, deps.pool, (tx) =>
        moveCursor(tx, { ...page, cursor: writeCursor(answers.cursor()) }),
      );
    throw error;
  }
  if (claimed.since === null) await healIds(deps, work);
  await inTransactionOf(page, deps.pool, async (tx) => {
    await planRun(tx, { ...page, ...plan });
    await clearWaiting(tx, page);
    await advanceRun(tx, ctx, page);
  });
  countPage(deps, claimed.shop);
  return 'done';
}

/** Before a full run reads anybody: it would store those anew whom it does not know by their ids. */
async function healIds({ pool }: WorkDeps, { page, ctx }: Work): Promise<void> {
  const { merchantId } = page;
  let after: string | null = null;
  do {
    const from: string | null = after;
    after = await inTransactionOf(page, pool, (tx) =>
      healExternalIds(tx, ctx, { merchantId, origin: 'import', after: from }),
    );
  } while (after !== null);
}

async function makePlan({ settings }: WorkDeps, { claimed, client }: Work): Promise<RunPlan> {
  const range = rangeOfRun(claimed);
  const count = await countCustomers(client, range);
  const { source, slices } = chooseSource({ asked: claimed.source, count, ...settings });
  const ranges = count === 0 ? [] : await planRanges(client, { range, count, slices });
  return { expected: count, source, ranges };
}
