import { NO_REST } from '../answers/merchant-messages.ts';
import { ShopifyRejected } from '../answers/errors.ts';
import type { SourceName } from '../sources/sources.ts';

export interface SourceSettings {
  /** The source that the import requested. */
  asked: SourceName | 'auto';
  /** Number of customers to read. */
  count: number;
  /** Whether the app may still use REST. New public apps may not. */
  restEntitled: boolean;
  /** Number of customers from which a bulk operation is worth its start time. */
  bulkFrom: number;
}

export interface SourceChoice {
  source: SourceName;
  slices: number;
}

/**
 * One cursor chain is strictly sequential: four or five pages a second at Shopify's latency, including the
 * time to store a page. Eight chains barely reach 40 pages a second, and no longer after the first chain has
 * finished.
 */
const PAGED_SLICES = 16;
/**
 * Maximum concurrent bulk operations per shop and app since API 2026-01. Source:
 * shopify.dev/docs/api/usage/bulk-operations/queries.
 */
const MAX_BULK = 5;
/**
 * A bulk operation takes seconds to start, so a smaller slice would wait longer than it reads. Larger imports
 * use several slices, which keep this process and PostgreSQL busy at the same time.
 */
const BULK_SLICE = 25_000;

/**
 * Chooses the source that reads a run and the number of its slices. `auto` never chooses REST: GraphQL's
 * bucket is larger.
 * @throws ShopifyRejected when the import requests REST and the app may not use it. Rejected: falling back to
 *   GraphQL, which reads the same data. A caller that names a source has a reason and must be notified that
 *   it was not used
 */
export function chooseSource({ asked, count, restEntitled, bulkFrom }: SourceSettings): SourceChoice {
  if (asked === 'rest' && !restEntitled) throw new ShopifyRejected(NO_REST);
  const source = asked === 'auto' ? (count >= bulkFrom ? 'bulk' : 'graphql') : asked;
  if (source !== 'bulk') return { source, slices: PAGED_SLICES };
  return { source, slices: Math.min(MAX_BULK, Math.max(1, Math.ceil(count / BULK_SLICE))) };
}
