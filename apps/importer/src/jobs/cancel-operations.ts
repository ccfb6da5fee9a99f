import type { CancelledRun } from '@core/domain';
import { pause } from '@core/runtime';
import { cancelBulk } from '../shopify/bulk/cancel-bulk.ts';
import { clientOf, createAskShop, NotAdmitted, type AskDeps } from './ask-shop.ts';
import type { WorkDeps } from './page-work.ts';

/** Requested points of the mutation. */
const CANCEL_COST = 10;
/** So often a place at the shop is waited for. */
const MOST_TRIES = 5;

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
      await admitted(cancel, signal).catch((err: unknown) =>
        log.warn({ err, import_id: importId }, 'a bulk operation was not cancelled'),
      );
    }
  }
}

async function admitted(ask: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NotAdmitted) || attempt === MOST_TRIES) throw error;
      await pause(error.waitMs, signal);
    }
  }
}
