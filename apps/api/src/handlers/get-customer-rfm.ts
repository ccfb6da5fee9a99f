import type { GetCustomerRFMRequest } from '@core/contracts';
import { foundScore } from '@core/domain';
import { consistencyOf } from '../call/consistency.ts';
import type { CallContext, Deps } from '../call/context.ts';
import { presentScore } from '../present/rfm-score.ts';

export async function getCustomerRfmHandler(
  { scoreOf }: Pick<Deps, 'scoreOf'>,
  _ctx: CallContext,
  request: GetCustomerRFMRequest,
) {
  const { merchantId, customerId } = request;
  const score = await scoreOf({ merchantId, customerId }, consistencyOf(request));
  return { rfmScore: presentScore(foundScore(score)) };
}
