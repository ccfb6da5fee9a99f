import { and, asc, eq, gt, gte, lt, sql, type SQL } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import {
  build,
  customers,
  NIL_UUID,
  instantOf,
  limit,
  many,
  oneOf,
  pickParams,
  perShape,
  statement,
  type Placeholders,
  type Reader,
} from '@core/db';
import { rfc3339 } from '../core/index.ts';

/** The customers whose events are sent again. An absent field does not narrow the selection. */
export interface ReplaySelection {
  merchantId?: MerchantId | undefined;
  customerIds?: readonly CustomerId[] | undefined;
  /** Last changed at this time or later; RFC 3339, as PostgreSQL reads it. */
  since?: string | undefined;
  /**
   * Last changed before this time, which is the start of the replay or earlier. A later change has its own
   * event anyway, and without this bound the replay of a busy merchant would chase its writers without end.
   */
  until: string;
}

/** The last customer of a page, in the order of the pages. */
export interface ReplayCursor {
  merchantId: MerchantId;
  /** With microseconds. */
  updatedAt: string;
  customerId: CustomerId;
}

const { merchantId, id, updatedAt, version } = customers;

const SELECTION = {
  since: instantOf,
  until: instantOf,
  merchantId,
  customerIds: many(id),
};
const PAGE = {
  ...SELECTION,
  afterMerchant: merchantId,
  afterUpdatedAt: instantOf,
  afterCustomer: id,
  most: limit,
};
const NARROWINGS = ['merchantId', 'customerIds'] as const;
type Narrowing = (typeof NARROWINGS)[number];

const crosses = (used: readonly Narrowing[]) => (used.includes('merchantId') ? undefined : 'operators');

const isSelected = (p: Placeholders<typeof SELECTION>, used: readonly Narrowing[]): SQL | undefined =>
  and(
    // Version 0 is a deletion that arrived before its creation: no event named that customer.
    gt(version, 0),
    gte(updatedAt, p.since),
    lt(updatedAt, p.until),
    ...(used.includes('merchantId') ? [eq(merchantId, p.merchantId)] : []),
    ...(used.includes('customerIds') ? [oneOf(id, p.customerIds)] : []),
  );

const selectPageOf = perShape(NARROWINGS, (used) =>
  statement({
    crosses: crosses(used),
    params: pickParams(PAGE, [
      'since',
      'until',
      'afterMerchant',
      'afterUpdatedAt',
      'afterCustomer',
      'most',
      ...used,
    ]),
    row: {
      merchantId,
      customerId: id,
      updatedAt: rfc3339(updatedAt),
    },
    text: (p, row) =>
      build
        .select(row)
        .from(customers)
        .where(
          and(
            isSelected(p, used),
            sql`(${merchantId}, ${updatedAt}, ${id}) > (${p.afterMerchant}, ${p.afterUpdatedAt}, ${p.afterCustomer})`,
          ),
        )
        .orderBy(asc(merchantId), asc(updatedAt), asc(id))
        .limit(p.most),
  }),
);

const countOf = perShape(NARROWINGS, (used) =>
  statement({
    crosses: crosses(used),
    params: pickParams(SELECTION, ['since', 'until', ...used]),
    row: { n: sql<number>`count(*)::float8` },
    text: (p, row) => build.select(row).from(customers).where(isSelected(p, used)),
  }),
);

/**
 * Returns the keys of a page in the order of an index, (merchant, last change, id), over all merchants or
 * one. The order is by change, not by id alone, so that each page of a time range reads its own rows, and not
 * the whole table. A customer who changes between two pages moves past `until`, and has its own event.
 */
export const selectPage = (
  reader: Reader,
  selection: ReplaySelection,
  after: ReplayCursor | undefined,
  most: number,
): Promise<ReplayCursor[]> =>
  reader.run(selectPageOf(narrowingOf(selection)), {
    ...valuesOf(selection),
    afterMerchant: after?.merchantId ?? NIL_UUID,
    afterUpdatedAt: after?.updatedAt ?? '-infinity',
    afterCustomer: after?.customerId ?? NIL_UUID,
    most,
  });

/** Returns how many customers a replay would send again now. */
export async function countReplay(reader: Reader, selection: ReplaySelection): Promise<number> {
  const [row] = await reader.run(countOf(narrowingOf(selection)), valuesOf(selection));
  return row?.n ?? 0;
}

const narrowingOf = ({ merchantId, customerIds }: ReplaySelection): Narrowing[] => [
  ...(merchantId ? ['merchantId' as const] : []),
  ...(customerIds ? ['customerIds' as const] : []),
];

const valuesOf = ({ merchantId, customerIds = [], since = '-infinity', until }: ReplaySelection) => ({
  since,
  until,
  merchantId: merchantId ?? NIL_UUID,
  customerIds,
});
