import { NO_REST } from '../answers/merchant-messages.ts';
import { ShopifyRejected } from '../answers/errors.ts';
import type { SourceName } from '../sources/sources.ts';

export interface SourceSettings {
  /** As the import was asked for. */
  asked: SourceName | 'auto';
  /** Customers to read. */
  count: number;
  /** Whether the app may still use REST; new public apps may not. */
  restEntitled: boolean;
  /** From so many customers on a bulk operation pays. */
  bulkFrom: number;
}

export interface Choice {
  source: SourceName;
  slices: number;
}

/**
 * One cursor chain is strictly sequential, some four or five pages a second at Shopify's latencies and with the page
 * stored: eight of them just reach 40 a second, and no longer once the first has come to its end.
 */
const PAGED_SLICES = 16;
/** At once per shop and app, since API 2026-01. Source: shopify.dev/docs/api/usage/bulk-operations/queries. */
const MOST_BULK = 5;
/**
 * A bulk operation takes seconds to begin: a slice below this would wait longer than it reads. Above it, slices are what
 * keeps this process and PostgreSQL at work at the same time.
 */
const BULK_SLICE = 25_000;

/**
 * Which source reads a run, and by how many slices. `auto` never takes REST: GraphQL's bucket holds more.
 * @throws ShopifyRejected when REST was asked for and the app may not use it. Rejected: GraphQL in its place, which
 *   reads the same, but whoever asks for a source by name has a reason and is to learn that it was not taken
 */
export function chooseSource({ asked, count, restEntitled, bulkFrom }: SourceSettings): Choice {
  if (asked === 'rest' && !restEntitled) throw new ShopifyRejected(NO_REST);
  const source = asked === 'auto' ? (count >= bulkFrom ? 'bulk' : 'graphql') : asked;
  if (source !== 'bulk') return { source, slices: PAGED_SLICES };
  return { source, slices: Math.min(MOST_BULK, Math.max(1, Math.ceil(count / BULK_SLICE))) };
}
