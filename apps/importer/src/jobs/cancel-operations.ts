import type { CancelledRun } from '@core/domain';
import { cancelBulk, readCursor, type ShopClient } from '@core/shopify';
import type { WorkDeps } from './page-work.ts';

/**
 * Cancels the bulk operations of cancelled runs. The runs have already ended. An operation that keeps running
 * costs the shop one of its five slots until it completes, so a failure is only logged.
 */
export async function cancelOperations(
  { shopClient, signal, log }: Pick<WorkDeps, 'shopClient' | 'signal' | 'log'>,
  runs: readonly CancelledRun[],
): Promise<void> {
  for (const { merchantId, importId, shop, source, cursors } of runs) {
    if (source !== 'bulk') continue;
    const client = shopClient({ merchantId, shop }, { signal });
    for (const cursor of cursors) {
      await cancel(client, cursor).catch((err: unknown) =>
        log.warn(
          { err, import_id: importId },
          'could not cancel a bulk operation; it occupies a slot of the shop until it completes',
        ),
      );
    }
  }
}

const cancel = async (client: ShopClient, cursor: string) => cancelBulk(client, readCursor('bulk', cursor));
