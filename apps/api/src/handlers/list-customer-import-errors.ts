import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ListCustomerImportErrorsRequest } from '@core/contracts';
import { listImportErrors } from '@core/domain';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { presentReason } from '../present/row-reason.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function listCustomerImportErrorsHandler(
  deps: Pick<Deps, 'reads' | 'pageTokens'>,
  _ctx: CallContext,
  request: Checked<ListCustomerImportErrorsRequest>,
) {
  const { errors, nextPageToken } = await listImportErrors(strongReader(deps, request), deps, request);
  return {
    errors: errors.map((error) => ({
      ...error,
      occurredAt: timestampFromDate(error.occurredAt),
      ...presentReason(error.reason),
    })),
    nextPageToken,
  };
}
