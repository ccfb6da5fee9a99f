import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { GetErasureReceiptRequest } from '@core/contracts';
import { getErasureReceipt } from '@core/domain';
import { strongReader } from '../rpc-context/consistency.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { PRIVACY_KIND } from '../present/privacy-request.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function getErasureReceiptHandler(
  deps: Pick<Deps, 'reads'>,
  _ctx: CallContext,
  request: Checked<GetErasureReceiptRequest>,
) {
  const receipt = await getErasureReceipt(strongReader(deps, request), request);
  const { requestId, kind, customerId, receivedAt } = receipt.request;
  return {
    receipt: {
      requestId,
      kind: PRIVACY_KIND[kind],
      customerId: customerId ?? undefined,
      receivedAt: timestampFromDate(receivedAt),
      completedAt: timestampFromDate(receipt.completedAt),
      places: receipt.places.map((place) => ({ ...place, found: BigInt(place.found) })),
    },
  };
}
