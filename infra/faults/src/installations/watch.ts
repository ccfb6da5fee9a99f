import type { Pool } from '@core/db';
import { PRIVACY_CHANNEL, SHOP_LEASE_MS } from '@core/domain';
import { pause } from '@core/runtime';

/**
 * Work that may be in progress for a merchant. A redaction that still has to wait is none. question: an
 * importer asks the shop of a redaction whether the app is installed; its lease is shorter than any other due
 * time.
 */
export type Busy = 'webhook' | 'redaction' | 'run' | 'question';

/** Waits for the work of merchants, with one query for all of them. */
export interface Watch {
  /** @throws Error that names what remains after ten minutes */
  untilIdle(merchantId: string, what?: readonly Busy[]): Promise<void>;
}

const POLL_EVERY_MS = 100;
/** Longer than the lease of an importer that was killed while it asked a shop. */
const LIMIT_MS = 2 * SHOP_LEASE_MS;
/** The worker looks every five seconds for a redaction whose wait has passed: see passTime. */
const WAKE_EVERY_MS = 500;

const BUSY = `
  select merchant_id, 'webhook' as what from webhook_events where outcome is null
  union select merchant_id, 'redaction' from privacy_requests
         where kind = 'shop_redact' and completed_at is null and cancelled_at is null
           and (not_before is null or not_before <= now())
  union select merchant_id, 'question' from shopify_connections
         where (webhooks_due_at is null or webhooks_due_at <= now() + interval '5 minutes')
           and merchant_id in (select merchant_id from privacy_requests
                                where kind = 'shop_redact' and completed_at is null and cancelled_at is null)
  union select merchant_id, 'run' from customer_import_logs
         where status in ('pending', 'running', 'paused', 'cancelling')`;

interface Waiter {
  merchantId: string;
  what: readonly Busy[];
  until: number;
  resolve: () => void;
  reject: (error: Error) => void;
}

export function startWatch(owner: Pool, signal: AbortSignal): Watch {
  const waiters = new Set<Waiter>();
  let polling = false;
  let wokenAt = 0;
  const poll = async () => {
    while (waiters.size > 0) {
      // Only those that waited before the query: it may not see what a later one has just caused.
      const asked = [...waiters];
      const busy = new Map<string, Busy[]>();
      const { rows } = await owner.query<{ merchant_id: string; what: Busy }>(BUSY);
      for (const { merchant_id: id, what } of rows) busy.set(id, [...(busy.get(id) ?? []), what]);
      if (rows.some(({ what }) => what === 'redaction') && Date.now() - wokenAt >= WAKE_EVERY_MS) {
        wokenAt = Date.now();
        await owner.query(`notify "${PRIVACY_CHANNEL}"`);
      }
      for (const waiter of asked) {
        const { merchantId, what, until, resolve, reject } = waiter;
        const left = (busy.get(merchantId) ?? []).filter((each) => what.includes(each));
        if (left.length > 0 && Date.now() < until && !signal.aborted) continue;
        waiters.delete(waiter);
        if (left.length === 0) resolve();
        else reject(new Error(`still in progress: ${left.join(', ')}`));
      }
      await pause(POLL_EVERY_MS);
    }
    polling = false;
  };
  const wake = () => {
    if (polling) return;
    polling = true;
    poll().catch((error: unknown) => {
      polling = false;
      for (const { reject } of waiters) reject(error as Error);
      waiters.clear();
    });
  };
  return {
    untilIdle: (merchantId, what = ['webhook', 'redaction', 'run', 'question']) =>
      new Promise<void>((resolve, reject) => {
        waiters.add({ merchantId, what, until: Date.now() + LIMIT_MS, resolve, reject });
        wake();
      }),
  };
}
