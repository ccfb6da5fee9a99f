import type { JsonObject } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ExportCustomerDataResponseSchema, type ExportCustomerDataRequest } from '@core/contracts';
import { exportCustomerData } from '@core/domain';
import { requireScope } from '../rpc-context/caller.ts';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { assertReplyFits } from '../rpc-context/message-size.ts';
import { write } from '../rpc-context/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function exportCustomerDataHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  { merchantId, customerId, requestId }: Checked<ExportCustomerDataRequest, 'customerId'>,
) {
  // The export contains emails, which no caller receives without this scope.
  requireScope(ctx, 'customers:pii');
  const named = { merchantId, customerId: customerId || undefined, requestId: requestId || undefined };
  const { result } = await write(deps, ctx, async (tx, commandCtx) => {
    const { data, exportedAt } = await exportCustomerData(tx, commandCtx, named);
    // Times become text, as everywhere in JSON.
    const reply = {
      data: JSON.parse(JSON.stringify(data)) as JsonObject,
      exportedAt: timestampFromDate(exportedAt),
    };
    assertReplyFits(ExportCustomerDataResponseSchema, reply, ADVICE);
    return reply;
  });
  return result;
}

/** Only webhook bodies can make the data of a person too large: metadata has at most 64 KiB. */
const ADVICE =
  'no request was marked as answered. Redrive the webhooks that were given up ' +
  '(npm run ops -- webhooks redrive): this deletes their bodies. Then request the export again';
