import type { GetCustomerRFMRequest } from '@core/contracts';
import { explainNotFound } from '@core/domain';
import { consistencyOf, readerFor } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { presentScore } from '../present/rfm-score.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function getCustomerRfmHandler(
  deps: Pick<Deps, 'loadScore' | 'reads'>,
  _ctx: CallContext,
  request: Checked<GetCustomerRFMRequest>,
) {
  const { merchantId, customerId } = request;
  const key = { merchantId, customerId };
  const score = await deps.loadScore(key, consistencyOf(request));
  if (score === undefined) throw await explainNotFound(readerFor(deps, request), key);
  return { rfmScore: presentScore(score) };
}
