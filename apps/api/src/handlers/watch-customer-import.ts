import type { WatchCustomerImportRequest } from '@core/contracts';
import { hasEnded } from '@core/domain';
import { CoreError } from '@core/runtime';
import type { CallContext, Deps } from '../call/context.ts';
import { presentImport } from '../present/customer-import.ts';
import type { Checked } from '../validation/apply-rules.ts';

/** A snapshot at once and each second, until the import has ended, the caller goes or the server stops. */
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
  throw new CoreError('unavailable', 'the server stops; watch again');
}
