import {
  advanceRun,
  clearWaiting,
  normalizeExternalIds,
  saveCursor,
  planAccess,
  planRun,
  rangeOfRun,
  type ClaimedPage,
  type RunPlan,
} from '@core/domain';
import {
  chooseSource,
  countCustomers,
  CustomersWithheld,
  memoizeReplies,
  planRanges,
  readCursor,
  readCustomerAccess,
  writeCursor,
} from '@core/shopify';
import { inTransactionOf } from '../in-transaction-of.ts';
import { countPage, type Progress, type Work, type WorkDeps } from './page-work.ts';

/**
 * Processes the single page of a `plan` slice: counts the customers, chooses the source and partitions the
 * shop into slices. Its three to eight requests count towards the shop's limit, and a low limit refuses some
 * of them. The replies so far (counts and dates) are stored as the slice's cursor; otherwise the plan would
 * restart endlessly. Rejected: waiting here, which would occupy a slot that another shop's page could use.
 */
export async function planSlices(deps: WorkDeps, asked: Work): Promise<Progress> {
  const work = { ...asked, claimed: { ...asked.claimed, ...(await readAccess(deps, asked)) } };
  const { page, claimed, ctx } = work;
  const answers = memoizeReplies(work.client, readCursor('plan', claimed.cursor));
  let plan: RunPlan;
  try {
    plan = await makePlan(deps, { ...work, client: answers.client });
  } catch (error) {
    if (answers.grown())
      await inTransactionOf(page, deps.pool, (tx) =>
        saveCursor(tx, { ...page, cursor: writeCursor(answers.cursor()) }),
      );
    throw error;
  }
  if (claimed.since === null) await normalizeIds(deps, work);
  await inTransactionOf(page, deps.pool, async (tx) => {
    await planRun(tx, { ...page, ...plan });
    await clearWaiting(tx, page);
    await advanceRun(tx, ctx, page);
  });
  countPage(deps, work);
  return 'done';
}

/**
 * Asks the shop once whether the app may read emails: this may have changed since the last run. The reply
 * contains emails, so only the conclusion is stored, and not with the other replies.
 * @throws CustomersWithheld, and as ShopClient
 */
async function readAccess(
  { pool }: WorkDeps,
  { page, claimed, client }: Work,
): Promise<Pick<ClaimedPage, 'emailsWithheld' | 'since'>> {
  const { shop, since, emailsWithheld } = claimed;
  if (emailsWithheld !== null) return { emailsWithheld, since };
  const access = await readCustomerAccess(client);
  if (access === 'none') throw new CustomersWithheld();
  return inTransactionOf(page, pool, (tx) => planAccess(tx, { ...page, shop, access, since }));
}

/**
 * Normalizes external ids before a full run reads customers. Otherwise the run would store customers again
 * when their ids differ from the normalized form.
 */
async function normalizeIds({ pool }: WorkDeps, { page, ctx }: Work): Promise<void> {
  const { merchantId } = page;
  let after: string | null = null;
  do {
    const from: string | null = after;
    after = await inTransactionOf(page, pool, (tx) =>
      normalizeExternalIds(tx, ctx, { merchantId, origin: 'import', after: from }),
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
