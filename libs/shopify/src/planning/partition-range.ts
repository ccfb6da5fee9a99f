import { readShopifyTime, shopifyTime } from '@core/contracts';
import { UnusableAnswer } from '../answers/errors.ts';
import type { ShopClient } from '../client/shop-client.ts';
import { MAX_PAGE_SIZE } from '../sources/graphql/page-size.ts';
import { searchOf, type CustomerRange } from '../sources/search-range.ts';
import { edgesOf, splitSpan, splitsOf, type Bin } from './bins.ts';
import { countIn } from './count.ts';

export const CREATED_BOUNDS = `query CreatedBounds($query: String) {
  oldest: customers(first: 1, query: $query, sortKey: CREATED_AT) { nodes { createdAt } }
  newest: customers(first: 1, query: $query, sortKey: CREATED_AT, reverse: true) { nodes { createdAt } }
}`;

/** Points of a request, until a reply reports the actual cost: up to 48 counts at one point each. */
const PLAN_COST = 10;
/**
 * Maximum counting passes. Each refines crowded bins 16-fold, so six passes locate one second in five years.
 */
const MAX_PASSES = 6;

type GraphqlClient = Pick<ShopClient, 'graphql'>;

export interface PartitionRange {
  range: CustomerRange;
  /** Number of customers in the range. */
  count: number;
  /**
   * Requested number. The result has fewer if there are fewer pages or one second has too many customers for
   * a slice.
   */
  slices: number;
}

/**
 * Partitions a range by creation date into slices of about equal size. The slices cover the range whenever
 * customers are created: the first begins and the last ends where the range does, and each ends where the
 * next begins. Sends at most eight small requests, one after the other.
 * @throws as ShopClient
 */
export async function planRanges(
  client: GraphqlClient,
  { range, count, slices }: PartitionRange,
): Promise<CustomerRange[]> {
  const wanted = Math.min(slices, Math.ceil(count / MAX_PAGE_SIZE));
  if (wanted <= 1) return [range];
  const bounds = await createdBounds(client, range);
  if (!bounds) return [range];
  // Twice as many bins as slices: if creation dates are evenly distributed, no further pass is needed.
  let bins = await countBins(client, range, splitSpan(bounds.from, bounds.to, wanted * 2));
  for (let pass = 1; pass < MAX_PASSES; pass++) {
    const splits = splitsOf(bins, wanted);
    if (splits.size === 0) break;
    const pieces = await countBins(client, range, [...splits.values()].flat());
    bins = [...bins.filter((bin) => !splits.has(bin)), ...pieces].sort((a, b) => a.from - b.from);
  }
  return rangesBetween(range, edgesOf(bins, wanted).map(isoOf));
}

async function createdBounds(client: GraphqlClient, range: CustomerRange) {
  const variables = { query: searchOf(range, 'customer_date') || null };
  const { data } = await client.graphql({ document: CREATED_BOUNDS, variables, cost: PLAN_COST });
  const { oldest, newest } = data as Record<string, { nodes?: { createdAt: string }[] } | undefined>;
  const [first, last] = [oldest?.nodes?.[0]?.createdAt, newest?.nodes?.[0]?.createdAt];
  if (first === undefined || last === undefined) return null;
  const [from, to] = [readShopifyTime(first), readShopifyTime(last)];
  if (!from || !to) throw new UnusableAnswer('other_form', 'the reply has no valid times');
  return { from: Math.floor(from.getTime() / 1000), to: Math.floor(to.getTime() / 1000) + 1 };
}

/** Builds one request for all counts, at one point each. */
export const countsDocument = (searches: readonly string[]): string =>
  `query CustomersCounts {
${searches.map((search, i) => `  c${i}: customersCount(query: ${JSON.stringify(search)}, limit: null) { count }`).join('\n')}
}`;

async function countBins(
  client: GraphqlClient,
  range: CustomerRange,
  spans: readonly Omit<Bin, 'count'>[],
): Promise<Bin[]> {
  const searches = spans.map(({ from, to }) =>
    searchOf({ ...range, createdFrom: isoOf(from), createdTo: isoOf(to) }, 'created_at'),
  );
  const document = countsDocument(searches);
  const { data } = await client.graphql({ document, variables: {}, cost: PLAN_COST });
  return spans.map((span, i) => ({ ...span, count: countIn(data[`c${i}`]) }));
}

function rangesBetween(range: CustomerRange, edges: readonly string[]): CustomerRange[] {
  return [...edges, undefined].map((edge, i) => {
    const from = edges[i - 1];
    return {
      ...range,
      ...(from !== undefined && { createdFrom: from }),
      ...(edge !== undefined && { createdTo: edge }),
    };
  });
}

const isoOf = (seconds: number): string => shopifyTime(1000 * seconds);
