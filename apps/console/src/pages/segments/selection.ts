import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CustomerFilterSchema } from '@core/contracts/web';

/** The customers that the address of the page selects: by segment, by scores, or by both. */
export interface Selection {
  segment: string | undefined;
  recency: number | undefined;
  frequency: number | undefined;
  monetary: number | undefined;
}

/** The address of a selection, as the router writes it. */
export type SelectionSearch = Partial<Record<'segment' | 'r' | 'f' | 'm', string | number>>;

export const SCORES = [1, 2, 3, 4, 5] as const;
/** As the api limits it. */
const LONGEST_SEGMENT = 64;

/** Reads the address without trust in it: anything that is no selection is left out. */
export const readSelection = (search: Readonly<Record<string, unknown>>): Selection => ({
  segment: segmentIn(search['segment']),
  recency: scoreIn(search['r']),
  frequency: scoreIn(search['f']),
  monetary: scoreIn(search['m']),
});

/** Whether customers are selected; the monetary score alone changes only the counts of the grid. */
export const selectsCustomers = ({ segment, recency, frequency }: Selection): boolean =>
  segment !== undefined || recency !== undefined || frequency !== undefined;

export const filterOf = ({
  segment = '',
  recency,
  frequency,
  monetary,
}: Selection): MessageInitShape<typeof CustomerFilterSchema> => ({
  segment,
  recency: only(recency),
  frequency: only(frequency),
  monetary: only(monetary),
});

const only = (score: number | undefined) => (score === undefined ? undefined : { min: score, max: score });

/** The router reads a name such as 2024 as a number. */
function segmentIn(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= LONGEST_SEGMENT ? text : undefined;
}

const scoreIn = (value: unknown): number | undefined => SCORES.find((score) => score === value);
