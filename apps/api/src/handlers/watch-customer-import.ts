import type { WatchCustomerImportRequest } from '@core/contracts';
import { getImport, hasEnded, watchImport } from '@core/domain';
import { CoreError } from '@core/runtime';
import { strongReader } from '../call/consistency.ts';
import type { CallContext, Deps } from '../call/context.ts';
import { presentImport } from '../present/customer-import.ts';

/** A snapshot at once and each second, until the import has ended, the caller goes or the server stops. */
export async function* watchCustomerImportHandler(
  deps: Pick<Deps, 'reads' | 'stopping'>,
  ctx: CallContext,
  request: WatchCustomerImportRequest,
) {
  const over = AbortSignal.any([ctx.signal, deps.stopping]);
  for await (const { run, pace } of watchImport(
    () => getImport(strongReader(deps, request), request),
    over,
  )) {
    yield { customerImport: presentImport(run, pace) };
    if (hasEnded(run)) return;
  }
  ctx.signal.throwIfAborted();
  throw new CoreError('unavailable', 'the server stops; watch again');
}
