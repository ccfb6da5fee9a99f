import {
  advanceRun,
  clearWaiting,
  healExternalIds,
  movePlace,
  planRun,
  rangeOfRun,
  type RunPlan,
} from '@core/domain';
import { chooseSource, countCustomers, planRanges, type ShopifyClient } from '@core/shopify';
import { inTransactionOf } from '../in-transaction-of.ts';
import { clientOf } from './ask-shop.ts';
import { keepAnswers } from './keep-answers.ts';
import { countPage, type Progress, type Work, type WorkDeps } from './page-work.ts';

/** Points of the first request, until a reply says better; later ones ask for up to 48 counts at a point each. */
const PLAN_COST = 10;

/**
 * The one page of a `plan` slice: asks for the count, chooses the source, cuts the shop into slices.
 * Its three to eight requests need a place at the shop each, and below so many a second one of them finds none. What was
 * answered until then (counts and dates) is kept as the slice's cursor, or the plan would begin anew for ever. Rejected:
 * to wait here, which takes a place from another shop's page.
 */
export async function planSlices(deps: WorkDeps, work: Work): Promise<Progress> {
  const { page, claimed, ctx, ask } = work;
  const answers = keepAnswers(clientOf(ask, deps.client, PLAN_COST), claimed.cursor);
  let plan: RunPlan;
  try {
    plan = await makePlan(deps, work, answers.client);
  } catch (error) {
    if (answers.grown())
      await inTransactionOf(page, deps.pool, (tx) => movePlace(tx, { ...page, cursor: answers.write() }));
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

async function makePlan(
  { signal, settings }: WorkDeps,
  { claimed }: Work,
  client: ShopifyClient,
): Promise<RunPlan> {
  const range = rangeOfRun(claimed);
  const access = { shop: claimed.shop, accessToken: '', signal };
  const { count } = await countCustomers(client, { ...access, range });
  const { source, slices } = chooseSource({ asked: claimed.source, count, ...settings });
  const ranges = count === 0 ? [] : await planRanges(client, { ...access, range, count, slices });
  return { expected: count, source, ranges };
}
