import type { Tx } from '@core/db';
import { PRIVACY_TOPICS } from '../privacy-topics.ts';

/** What a shop's redaction removes of each place, for its receipt; the customers and the keys come after them. */
export const REMOVED: Readonly<Record<string, readonly string[]>> = {
  customer_import_logs: ['runs under way: cancelled'],
  import_schedules: ['rows'],
  shopify_connections: ['rows'],
  customer_import_errors: ['rows'],
  customer_import_ids: ['rows'],
  webhook_events: ['body'],
  parked_events: ['rows'],
  program_settings: ['rows'],
};

const OF_SHOP = `($2::text is null or exists (
  select from customer_import_logs r where r.id = held.import_id and r.merchant_id = $1 and r.shop = $2))`;

/** Statements with $1 the merchant and $2 the shop, null for all of them; each removes no more than a step may. */
const PLACES: readonly (readonly [place: string, sql: string])[] = [
  [
    'customer_import_errors',
    `delete from customer_import_errors where merchant_id = $1 and id in (
       select id from customer_import_errors held where merchant_id = $1 and ${OF_SHOP} limit 2000) returning 1`,
  ],
  [
    'customer_import_ids',
    `delete from customer_import_ids where merchant_id = $1 and (import_id, slice, page) in (
       select import_id, slice, page from customer_import_ids held
        where merchant_id = $1 and ${OF_SHOP} limit 500) returning 1`,
  ],
  [
    // Redactions that wait are done first, or this one would be none. While customers stay, so does what was asked for
    // them, and what was given up of it: it is still to be done.
    'webhook_events',
    `update webhook_events
        set body = null, name_marks = null, outcome = 'ignored', error = null, finished_at = now()
      where merchant_id = $1 and body is not null and id in (
       select id from webhook_events
        where merchant_id = $1 and ($2::text is null or shop = $2) and body is not null
          and not (outcome is null and topic = 'shop/redact')
          and ($2::text is null or topic not in (${PRIVACY_TOPICS.map((topic) => `'${topic}'`).join(', ')}))
        limit 1000) returning 1`,
  ],
  [
    'parked_events',
    `delete from parked_events where merchant_id = $1 and $2::text is null and id in (
       select id from parked_events where merchant_id = $1 limit 1000) returning 1`,
  ],
  [
    'program_settings',
    `delete from program_settings where merchant_id = $1 and $2::text is null returning 1`,
  ],
];

/** @returns null when nothing is left */
export async function removeSome(
  tx: Tx,
  merchantId: string,
  shop: string | undefined,
): Promise<{ place: string; removed: number } | null> {
  for (const [place, sql] of PLACES) {
    const { length: removed } = await tx.query(sql, [merchantId, shop ?? null]);
    if (removed > 0) return { place, removed };
  }
  return null;
}
