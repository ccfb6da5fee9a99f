import type { JsonObject } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { ExportCustomerDataRequest } from '@core/contracts';
import { exportCustomerData } from '@core/domain';
import { requireScope } from '../call/caller.ts';
import type { CallContext, Deps } from '../call/context.ts';
import { write } from '../call/write.ts';

export async function exportCustomerDataHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  { merchantId, customerId, requestId }: ExportCustomerDataRequest,
) {
  // It holds emails, which nobody gets without this one.
  requireScope(ctx, 'customers:pii');
  const named = { merchantId, customerId: customerId || undefined, requestId: requestId || undefined };
  const { result } = await write(deps, ctx, (tx, commandCtx) => exportCustomerData(tx, commandCtx, named));
  // Times become text, as everywhere in JSON.
  const data = JSON.parse(JSON.stringify(result.data)) as JsonObject;
  return { data, exportedAt: timestampFromDate(result.exportedAt) };
}
