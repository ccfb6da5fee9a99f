import type { RfmRange, RfmThresholds } from '@core/contracts';
import type { Stack } from '@core/stack';

type Owner = Pick<ReturnType<Stack['pool']>, 'query'>;

const SCORES = ['recency', 'frequency', 'monetary'] as const;

/**
 * Returns the rules as a CASE of SQL on the columns recency, frequency and monetary: a second implementation,
 * for specs.
 */
export function caseOf({ segments, fallbackSegment }: RfmThresholds): string {
  const within = (score: string, range: RfmRange | undefined) =>
    `${score} between ${range?.min || 1} and ${range?.max || 5}`;
  const quote = (name: string) => `'${name.replaceAll("'", "''")}'`;
  const whens = segments.map(
    (segment) =>
      `when ${SCORES.map((score) => within(score, segment[score])).join(' and ')} then ${quote(segment.name)}`,
  );
  return `case ${whens.join(' ')} else ${quote(fallbackSegment)} end`;
}

/** Inserts customers of every cell with the segments of the rules, and some without a score. */
export async function givenScores(
  owner: Owner,
  merchantId: string,
  options: { thresholds: RfmThresholds; scored: number; unscored: number },
): Promise<void> {
  const { thresholds, scored, unscored } = options;
  await owner.query(
    `insert into customers (merchant_id, rfm_score)
     select $1, jsonb_build_object('recency', recency, 'frequency', frequency, 'monetary', monetary,
                                   'segment', ${caseOf(thresholds)})
       from generate_series(1, $2) n,
            lateral (select 1 + n % 5 as recency, 1 + n / 5 % 5 as frequency, 1 + n / 7 % 5 as monetary) scores`,
    [merchantId, scored],
  );
  await owner.query('insert into customers (merchant_id) select $1 from generate_series(1, $2)', [
    merchantId,
    unscored,
  ]);
}

/** Counts by SQL alone who would move by the rules: "from > to" and the number of customers. */
export async function countMoves(
  owner: Owner,
  merchantId: string,
  thresholds: RfmThresholds,
): Promise<Map<string, number>> {
  const { rows } = await owner.query<{ move: string; customers: number }>(
    `select before || ' > ' || after as move, count(*)::int as customers
       from (select segment as before, ${caseOf(thresholds)} as after
               from customers,
                    jsonb_to_record(rfm_score)
                      as score (segment text, recency int, frequency int, monetary int)
              where merchant_id = $1 and deleted_at is null) moves
      where before <> after group by 1`,
    [merchantId],
  );
  return new Map(rows.map(({ move, customers }) => [move, customers]));
}
