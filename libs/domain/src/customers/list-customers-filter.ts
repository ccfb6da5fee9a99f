import { eq, sql, type SQL } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { customers, int, isLive, text, type Placeholders } from '@core/db';

/** Inclusive; zero or absent is no bound. */
export interface ScoreRange {
  min: number;
  max: number;
}

const DIMENSIONS = ['recency', 'frequency', 'monetary'] as const;

/** Selects some of a merchant's customers. A range leaves out customers without a score. */
export interface CustomerFilter extends Partial<Record<(typeof DIMENSIONS)[number], ScoreRange | undefined>> {
  merchantId: MerchantId;
  /** Exact name; empty: any. */
  segment?: string | undefined;
}

/**
 * Parameters of a filter in the statements of lists; all but the merchant are left out unless they are used.
 */
export const FILTER_PARAMS = {
  merchantId: customers.merchantId,
  segment: text,
  recencyMin: int,
  recencyMax: int,
  frequencyMin: int,
  frequencyMax: int,
  monetaryMin: int,
  monetaryMax: int,
};

type Condition = Exclude<keyof typeof FILTER_PARAMS, 'merchantId'>;

const score = (dimension: (typeof DIMENSIONS)[number]): SQL =>
  sql`(${customers.rfmScore} ->> ${dimension})::int`;

const CONDITIONS: Record<Condition, (value: SQL) => SQL> = {
  segment: (name) => sql`${customers.rfmScore} ->> 'segment' = ${name}`,
  recencyMin: (min) => sql`${score('recency')} >= ${min}`,
  recencyMax: (max) => sql`${score('recency')} <= ${max}`,
  frequencyMin: (min) => sql`${score('frequency')} >= ${min}`,
  frequencyMax: (max) => sql`${score('frequency')} <= ${max}`,
  monetaryMin: (min) => sql`${score('monetary')} >= ${min}`,
  monetaryMax: (max) => sql`${score('monetary')} <= ${max}`,
};

/** The conditions that may narrow a list. */
export const CONDITION_NAMES = Object.keys(CONDITIONS) as Condition[];

export const filterValues = ({ merchantId, segment, recency, frequency, monetary }: CustomerFilter) => ({
  merchantId,
  segment: segment ?? '',
  recencyMin: recency?.min ?? 0,
  recencyMax: recency?.max ?? 0,
  frequencyMin: frequency?.min ?? 0,
  frequencyMax: frequency?.max ?? 0,
  monetaryMin: monetary?.min ?? 0,
  monetaryMax: monetary?.max ?? 0,
});

/** The conditions that a filter uses: the shape of its statement. */
export const usedBy = (values: ReturnType<typeof filterValues>): Condition[] =>
  CONDITION_NAMES.filter((name) => values[name]);

/**
 * Returns the conditions that a filter uses, and no others: `$2 is null or ...` would keep the planner from
 * an index.
 */
export const conditionsOf = (
  used: readonly string[],
  p: Placeholders<typeof FILTER_PARAMS>,
): (SQL | undefined)[] => [
  eq(customers.merchantId, p.merchantId),
  isLive(),
  ...CONDITION_NAMES.filter((name) => used.includes(name)).map((name) => CONDITIONS[name](p[name])),
];

/** Returns the values that page tokens of such a list are bound to. */
export const identityOf = (filter: CustomerFilter): unknown[] => [
  filter.merchantId,
  filter.segment ?? '',
  ...DIMENSIONS.map((name) => [filter[name]?.min ?? 0, filter[name]?.max ?? 0]),
];
