import type { DeleteImportScheduleRequest } from '@core/contracts';
import { deleteImportSchedule } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function deleteImportScheduleHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  request: Checked<DeleteImportScheduleRequest>,
) {
  await write(deps, ctx, (tx, commandCtx) => deleteImportSchedule(tx, commandCtx, request));
  return {};
}
