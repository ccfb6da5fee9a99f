import type { GetPrivacyRequestRequest } from '@core/contracts';
import { getPrivacyRequest } from '@core/domain';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { presentPrivacyRequest } from '../present/privacy-request.ts';
import type { Checked } from '../validation/apply-rules.ts';

export const getPrivacyRequestHandler = async (
  deps: Pick<Deps, 'reads'>,
  _ctx: CallContext,
  request: Checked<GetPrivacyRequestRequest>,
) => ({
  privacyRequest: presentPrivacyRequest(await getPrivacyRequest(strongReader(deps, request), request)),
});
