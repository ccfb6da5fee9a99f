import type { BatchGetCustomerRFMRequest } from '@core/contracts';
import { getCustomerRfm } from '@core/domain';
import { readerFor } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { presentScore } from '../present/rfm-score.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function batchGetCustomerRfmHandler(
  deps: Pick<Deps, 'reads'>,
  _ctx: CallContext,
  request: Checked<BatchGetCustomerRFMRequest>,
) {
  const { merchantId, customerIds } = request;
  const keys = customerIds.map((customerId) => ({ merchantId, customerId }));
  const scores = await getCustomerRfm(readerFor(deps, request), keys);
  return {
    results: customerIds.map((customerId, n) => ({
      customerId,
      found: scores[n] !== undefined,
      rfmScore: presentScore(scores[n] ?? null),
    })),
  };
}
