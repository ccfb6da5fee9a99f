import type { GetRfmDistributionResponse, RfmCellCount } from '@core/contracts/web';
import { selectsCustomers, type Selection } from './selection.ts';

/** The steps of the heat map, from the palest to the strongest color. */
const STEPS = 5;

/** Returns 0 to 1; 0 of nothing is 0. */
export const shareOf = (count: bigint, total: bigint): number =>
  total > 0n ? Number(count) / Number(total) : 0;

/**
 * Returns the color of a cell: 0 without customers, otherwise 1 to 5. A step covers counts by their square
 * root: shops have a few full cells, beside which all others would have the palest color.
 */
export const colorStep = (count: bigint, largest: bigint): number =>
  count > 0n ? Math.max(1, Math.ceil(STEPS * Math.sqrt(shareOf(count, largest)))) : 0;

/** Returns the customers of a cell, with all monetary scores or with one. */
export const countOfCell = (cell: RfmCellCount | undefined, monetary: number | undefined): bigint =>
  (monetary === undefined ? cell?.customers : cell?.customersByMonetary[monetary - 1]) ?? 0n;

/** Returns the number of selected customers; undefined when the counts do not tell it. */
export function countOf(
  selection: Selection,
  { segments, cells }: Pick<GetRfmDistributionResponse, 'segments' | 'cells'>,
): bigint | undefined {
  const { segment, recency, frequency, monetary } = selection;
  if (segment === undefined) {
    return cells
      .filter((cell) => recency === undefined || cell.recency === recency)
      .filter((cell) => frequency === undefined || cell.frequency === frequency)
      .reduce((sum, cell) => sum + countOfCell(cell, monetary), 0n);
  }
  if (monetary !== undefined || selectsCustomers({ ...selection, segment: undefined })) return undefined;
  return segments.find((each) => each.segment === segment)?.customers ?? 0n;
}

/** A name with the customers that have it as our segment, and as Shopify's group. */
export interface NameCounts {
  name: string;
  ours: bigint;
  shopify: bigint;
}

/** Returns our segments in their order, then the groups that only Shopify has. */
export function besideShopify({
  segments,
  shopifyRfmGroups,
}: Pick<GetRfmDistributionResponse, 'segments' | 'shopifyRfmGroups'>): NameCounts[] {
  const theirs = new Map(shopifyRfmGroups.map(({ group, customers }) => [group, customers]));
  const ours = segments.map(({ segment, customers }) => {
    const shopify = theirs.get(segment) ?? 0n;
    theirs.delete(segment);
    return { name: segment, ours: customers, shopify };
  });
  return [...ours, ...[...theirs].map(([name, shopify]) => ({ name, ours: 0n, shopify }))];
}
