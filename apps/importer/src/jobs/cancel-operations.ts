import type { CancelledRun } from '@core/domain';
import { cancelBulk } from '@core/shopify';
import { clientOf, createAskShop, type AskDeps } from './ask-shop.ts';
import type { WorkDeps } from './page-work.ts';
import { waitForPlace } from './wait-for-place.ts';

/** Requested points of the mutation. */
const CANCEL_COST = 10;

/**
 * Ends the bulk operations of cancelled runs. The runs have ended already; an operation that goes on in spite of all
 * costs the shop one of its five places until it is done, so a failure is told in the log and no more.
 */
export async function cancelOperations(
  deps: AskDeps & Pick<WorkDeps, 'client' | 'signal'>,
  runs: readonly CancelledRun[],
): Promise<void> {
  const { log, signal } = deps;
  for (const { merchantId, importId, shop, source, cursors } of runs) {
    if (source !== 'bulk') continue;
    const client = clientOf(createAskShop(deps, { merchantId, shop }), deps.client, CANCEL_COST);
    for (const cursor of cursors) {
      const cancel = () => cancelBulk(client, { shop, accessToken: '', signal, cursor });
      await waitForPlace(cancel, { signal }).catch((err: unknown) =>
        log.warn({ err, import_id: importId }, 'a bulk operation was not cancelled'),
      );
    }
  }
}
