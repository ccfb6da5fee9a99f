import type { JsonObject } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ExportCustomerDataResponseSchema, type ExportCustomerDataRequest } from '@core/contracts';
import { exportCustomerData } from '@core/domain';
import { requireScope } from '../call/caller.ts';
import type { CallContext, Deps } from '../call/context.ts';
import { assertReplyFits } from '../call/message-size.ts';
import { write } from '../call/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function exportCustomerDataHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  { merchantId, customerId, requestId }: Checked<ExportCustomerDataRequest, 'customerId'>,
) {
  // It holds emails, which nobody gets without this one.
  requireScope(ctx, 'customers:pii');
  const named = { merchantId, customerId: customerId || undefined, requestId: requestId || undefined };
  const { result } = await write(deps, ctx, async (tx, commandCtx) => {
    const { data, exportedAt } = await exportCustomerData(tx, commandCtx, named);
    // Times become text, as everywhere in JSON.
    const reply = {
      data: JSON.parse(JSON.stringify(data)) as JsonObject,
      exportedAt: timestampFromDate(exportedAt),
    };
    assertReplyFits(ExportCustomerDataResponseSchema, reply, NEXT);
    return reply;
  });
  return result;
}

/** Nothing else of a person is large: metadata has 64 KiB at most. */
const NEXT =
  'nothing was marked as answered. Have the webhooks that were given up applied (npm run ops -- webhooks redrive): ' +
  'their bodies go, and it can be asked for again';
