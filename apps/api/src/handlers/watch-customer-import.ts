import type { WatchCustomerImportRequest } from '@core/contracts';
import { ACTIVE_STATUSES, isConnectionLoss } from '@core/db';
import { getImport, type ImportRun } from '@core/domain';
import { CoreError, pause } from '@core/runtime';
import { strongReader } from '../call/consistency.ts';
import type { CallContext, Deps } from '../call/context.ts';
import { presentImport } from '../present/customer-import.ts';

const EVERY_MS = 1_000;
/** A failover of PostgreSQL takes some seconds, and a watcher of an hour's import should not notice. */
const PATIENCE_MS = 30_000;
const ACTIVE: readonly string[] = ACTIVE_STATUSES;

/**
 * A snapshot at once and each second, until the import has ended, the caller goes or the server stops. A lost
 * database leaves snapshots out. The first one is not waited for: the caller is there and can ask again.
 */
export async function* watchCustomerImportHandler(
  deps: Pick<Deps, 'reads' | 'stopping'>,
  ctx: CallContext,
  request: WatchCustomerImportRequest,
) {
  const over = AbortSignal.any([ctx.signal, deps.stopping]);
  let seenAt = -Infinity;
  for (;;) {
    const run = await getImport(strongReader(deps), request).catch((error: unknown): ImportRun | null => {
      if (isConnectionLoss(error) && performance.now() - seenAt < PATIENCE_MS) return null;
      throw error;
    });
    if (run) {
      seenAt = performance.now();
      yield { customerImport: presentImport(run) };
      if (!ACTIVE.includes(run.status)) return;
    }
    await pause(EVERY_MS, over);
    ctx.signal.throwIfAborted();
    if (deps.stopping.aborted) throw new CoreError('unavailable', 'the server stops; watch again');
  }
}
