import { advanceRun, clearWaiting, planRun, rangeOfRun } from '@core/domain';
import { inTransactionOf } from '../in-transaction-of.ts';
import { chooseSource } from '../shopify/choose-source.ts';
import { countCustomers } from '../shopify/count.ts';
import { planRanges } from '../shopify/cut-range.ts';
import { clientOf } from './ask-shop.ts';
import { countPage, type Progress, type Work, type WorkDeps } from './page-work.ts';

/** Points of the first request, until a reply says better; later ones ask for up to 48 counts at a point each. */
const PLAN_COST = 10;

/** The one page of a `plan` slice: asks for the count, chooses the source, cuts the shop into slices. */
export async function planSlices(deps: WorkDeps, { page, claimed, ctx, ask }: Work): Promise<Progress> {
  const { pool, signal, settings } = deps;
  const client = clientOf(ask, deps.client, PLAN_COST);
  const range = rangeOfRun(claimed);
  const access = { shop: claimed.shop, accessToken: '', signal };
  const { count } = await countCustomers(client, { ...access, range });
  const { source, slices } = chooseSource({ asked: claimed.source, count, ...settings });
  const ranges = count === 0 ? [] : await planRanges(client, { ...access, range, count, slices });
  await inTransactionOf(page, pool, async (tx) => {
    await planRun(tx, page, { expected: count, source, ranges });
    await clearWaiting(tx, page);
    await advanceRun(tx, ctx, page);
  });
  countPage(deps, claimed.shop);
  return 'done';
}
