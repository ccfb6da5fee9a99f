import type { WatchCustomerImportRequest } from '@core/contracts';
import { hasEnded } from '@core/domain';
import { CoreError } from '@core/runtime';
import type { CallContext, Deps } from '../rpc-context/context.ts';
import { presentImport } from '../present/customer-import.ts';
import type { Checked } from '../validation/apply-rules.ts';

/**
 * Yields a snapshot at once and each second, until the import ends, the caller disconnects, or the server
 * shuts down.
 */
export async function* watchCustomerImportHandler(
  { watchImport, stopping }: Pick<Deps, 'watchImport' | 'stopping'>,
  ctx: CallContext,
  { merchantId, importId }: Checked<WatchCustomerImportRequest>,
) {
  const over = AbortSignal.any([ctx.signal, stopping]);
  for await (const { run, pace } of watchImport({ merchantId, importId }, over)) {
    yield { customerImport: presentImport(run, pace) };
    if (hasEnded(run)) return;
  }
  ctx.signal.throwIfAborted();
  throw new CoreError('unavailable', 'the server is shutting down; watch again');
}
