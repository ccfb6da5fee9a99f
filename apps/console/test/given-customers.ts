import type { Stack } from '@core/stack';

export interface GivenCustomers {
  count: number;
  /** Whether nine in ten have a score; otherwise none has one. */
  scored?: boolean;
}

/**
 * Inserts customers of a shop with scores, as an import and RFM Analytics would leave them. The scores depend
 * on the number of the customer alone; most customers bought once and long ago, as in a real shop.
 */
export async function givenCustomers(
  owner: Pick<ReturnType<Stack['pool']>, 'query'>,
  merchantId: string,
  { count, scored = true }: GivenCustomers,
): Promise<void> {
  await owner.query(
    `insert into customers (merchant_id, external_id, metadata, rfm_score)
     select $1, 'gid://shopify/Customer/' || (7012345670000 + k),
            jsonb_build_object('rfm_group', case when h % 7 = 0 then 'PROSPECTS' else s end),
            case when $3 and h % 10 > 0 then jsonb_build_object(
              'recency', r, 'frequency', f, 'monetary', m, 'score', concat(r, f, m), 'segment', s,
              'as_of', '2026-11-02T03:04:05.678Z') end
       from generate_series(1, $2::int) as k,
            lateral (select abs(hashint4(k)) as h) as hashed,
            lateral (select 1 + floor(5 * power(h % 1009 / 1009.0, 1.6))::int as r,
                            1 + floor(5 * power(h % 1013 / 1013.0, 2.2))::int as f,
                            1 + floor(5 * power(h % 1019 / 1019.0, 1.3))::int as m) as scores,
            lateral (select case when r >= 4 and f >= 4 then 'CHAMPIONS' when f >= 3 then 'LOYAL'
                                 when r = 5 then 'NEW' when r >= 3 then 'NEEDS_ATTENTION'
                                 when r = 2 then 'Coffee club' else 'DORMANT' end as s) as named`,
    [merchantId, count, scored],
  );
}
