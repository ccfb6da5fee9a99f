import { Consistency, type GetCustomerRFMRequest } from '@core/contracts';
import { foundScore, readScores, type CustomerKey, type FoundScore } from '@core/domain';
import { readerFor } from '../call/consistency.ts';
import type { CallContext, Deps } from '../call/context.ts';
import { presentScore } from '../present/rfm-score.ts';

export async function getCustomerRfmHandler(
  deps: Pick<Deps, 'reads' | 'scoreOf'>,
  _ctx: CallContext,
  request: GetCustomerRFMRequest,
) {
  return { rfmScore: presentScore(foundScore(await find(deps, request))) };
}

/** Calls that take any replica share statements; one that asks for more freshness has a statement of its own. */
async function find(
  deps: Pick<Deps, 'reads' | 'scoreOf'>,
  request: GetCustomerRFMRequest,
): Promise<FoundScore> {
  const key: CustomerKey = { merchantId: request.merchantId, customerId: request.customerId };
  const anyReplica =
    request.consistency === Consistency.UNSPECIFIED || request.consistency === Consistency.MINIMIZE_LATENCY;
  return anyReplica ? deps.scoreOf(key) : (await readScores(readerFor(deps, request), [key]))[0];
}
