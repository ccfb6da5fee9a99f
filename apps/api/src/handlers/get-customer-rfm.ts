import type { GetCustomerRFMRequest } from '@core/contracts';
import { getCustomerRfm } from '@core/domain';
import { readerFor } from '../call/consistency.ts';
import type { CallContext, Deps } from '../call/context.ts';
import { presentScore } from '../present/rfm-score.ts';

export const getCustomerRfmHandler = async (
  deps: Pick<Deps, 'reads'>,
  _ctx: CallContext,
  request: GetCustomerRFMRequest,
) => ({ rfmScore: presentScore(await getCustomerRfm(readerFor(deps, request), request)) });
