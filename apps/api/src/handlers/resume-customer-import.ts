import type { ResumeCustomerImportRequest } from '@core/contracts';
import { resumeImport } from '@core/domain';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { write } from '../rpc-context/write.ts';
import { presentImport } from '../present/customer-import.ts';
import type { Checked } from '../validation/apply-rules.ts';

export async function resumeCustomerImportHandler(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  request: Checked<ResumeCustomerImportRequest>,
) {
  const { result } = await write(deps, ctx, (tx, commandCtx) => resumeImport(tx, commandCtx, request));
  return { customerImport: presentImport(result) };
}
