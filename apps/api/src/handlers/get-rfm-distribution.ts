import type { GetRfmDistributionRequest } from '@core/contracts';
import { getRfmDistribution } from '@core/domain';
import { readerFor } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { presentDistribution } from '../present/rfm-distribution.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function getRfmDistributionHandler(
  deps: Pick<Deps, 'reads'>,
  _ctx: CallContext,
  request: Checked<GetRfmDistributionRequest>,
) {
  return presentDistribution(await getRfmDistribution(readerFor(deps, request), request));
}
