import type { CancelCustomerImportRequest } from '@core/contracts';
import { cancelImport } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import { presentImport } from '../present/customer-import.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function cancelCustomerImportHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  request: Checked<CancelCustomerImportRequest>,
) {
  const { result } = await write(deps, ctx, (tx, commandCtx) => cancelImport(tx, commandCtx, request));
  return { customerImport: presentImport(result) };
}
