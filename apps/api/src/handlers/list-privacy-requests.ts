import { PrivacyRequestKind, type ListPrivacyRequestsRequest } from '@core/contracts';
import { listRequestsOfMerchant } from '@core/domain';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { kindOf, presentPrivacyRequest } from '../present/privacy-request.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function listPrivacyRequestsHandler(
  deps: Pick<Deps, 'reads' | 'pageTokens'>,
  _ctx: CallContext,
  { kind, ...request }: Checked<ListPrivacyRequestsRequest>,
) {
  const { requests, nextPageToken } = await listRequestsOfMerchant(strongReader(deps, request), deps, {
    ...request,
    kind: kind === PrivacyRequestKind.UNSPECIFIED ? undefined : kindOf(kind),
  });
  return { privacyRequests: requests.map(presentPrivacyRequest), nextPageToken };
}
