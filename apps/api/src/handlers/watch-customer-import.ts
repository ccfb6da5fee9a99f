import type { WatchCustomerImportRequest } from '@core/contracts';
import { ACTIVE_STATUSES } from '@core/db';
import { getImport } from '@core/domain';
import { CoreError, pause } from '@core/runtime';
import { strongReader } from '../call/consistency.ts';
import type { CallContext, Deps } from '../call/context.ts';
import { presentImport } from '../present/customer-import.ts';

const EVERY_MS = 1_000;
const ACTIVE: readonly string[] = ACTIVE_STATUSES;

/** A snapshot at once and each second, until the import has ended, the caller goes or the server stops. */
export async function* watchCustomerImportHandler(
  deps: Pick<Deps, 'reads' | 'stopping'>,
  ctx: CallContext,
  request: WatchCustomerImportRequest,
) {
  const over = AbortSignal.any([ctx.signal, deps.stopping]);
  for (;;) {
    const run = await getImport(strongReader(deps), request);
    yield { customerImport: presentImport(run) };
    if (!ACTIVE.includes(run.status)) return;
    await pause(EVERY_MS, over);
    ctx.signal.throwIfAborted();
    if (deps.stopping.aborted) throw new CoreError('unavailable', 'the server stops; watch again');
  }
}
