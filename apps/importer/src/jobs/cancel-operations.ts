import type { CancelledRun } from '@core/domain';
import { cancelBulk, readCursor, type ShopClient } from '@core/shopify';
import type { WorkDeps } from './page-work.ts';

/**
 * Ends the bulk operations of cancelled runs. The runs have ended already; an operation that goes on in spite of all
 * costs the shop one of its five at once until it is done, so a failure is told in the log and no more.
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
        log.warn({ err, import_id: importId }, 'a bulk operation was not cancelled'),
      );
    }
  }
}

const cancel = async (client: ShopClient, cursor: string) => cancelBulk(client, readCursor('bulk', cursor));
