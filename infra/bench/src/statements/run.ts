import { and, eq, type SQLWrapper } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { build, columns, CUSTOMER, customers, isLive, statement, type Fields } from '@core/db';
import { aCustomerId, aMerchantId } from '@core/testing';
import { MEDIAN } from '../report-figures.ts';
import { median, rounded, withSpread } from '../stats.ts';
import type { Report, SuiteOptions } from '../suite.ts';

interface Key {
  merchantId: MerchantId | SQLWrapper;
  id: CustomerId | SQLWrapper;
}

const find = ({ merchantId, id }: Key, row: Fields) =>
  build
    .select(row)
    .from(customers)
    .where(and(eq(customers.merchantId, merchantId), eq(customers.id, id), isLive()));

const FIELDS = columns(CUSTOMER);
const FIND = statement({
  params: { merchantId: customers.merchantId, id: customers.id },
  row: CUSTOMER,
  text: find,
});

const key = {
  merchantId: aMerchantId('0197b3a0-0000-7000-8000-000000000001'),
  id: aCustomerId('0197b3a0-0000-7000-8000-000000000002'),
};

/** Each contestant builds the parts of a query before it is sent: text and values. */
const contestants = {
  text_by_hand: () => [FIND.text, [key.merchantId, key.id]],
  statement: () => [FIND.text, FIND.valuesOf(key)],
  builder: () => {
    const { sql, params } = find(key, FIELDS).toSQL();
    return [sql, params];
  },
};
type Name = keyof typeof contestants;

/** Returns the microseconds per call. */
function measure(name: Name, milliseconds: number): number {
  const call = contestants[name];
  let seen = 0;
  let calls = 0;
  const begin = performance.now();
  while (performance.now() - begin < milliseconds) {
    for (let n = 0; n < 1_000; n++) seen += call().length;
    calls += 1_000;
  }
  if (seen !== 2 * calls) throw new Error('a call returned no text with values');
  return (1_000 * (performance.now() - begin)) / calls;
}

/**
 * Compares statements that are compiled once with hand-written texts and with the query builder at each call.
 */
export async function benchStatements({ rounds, seconds, say }: SuiteOptions): Promise<Report> {
  const found: Record<Name, number[]> = { text_by_hand: [], statement: [], builder: [] };
  const names = Object.keys(contestants) as Name[];
  for (const name of names) measure(name, 500);
  for (let round = 1; round <= rounds; round++) {
    for (const name of names) found[name].push(measure(name, (1_000 * seconds) / names.length));
    say(
      `round ${round}  ${names.map((name) => `${name} ${rounded(found[name].at(-1) ?? 0)} us`).join('  ')}`,
    );
  }
  const ratios = found.builder.map((us, n) => us / (found.statement[n] ?? NaN));
  return {
    name: 'statements',
    ratios: { builder: rounded(median(ratios)) },
    context: {
      microseconds_per_call: Object.fromEntries(names.map((name) => [name, found[name].map(rounded)])),
    },
    tables: [
      [
        {
          figure: '`builder` time per call, query builder / compiled statement',
          [MEDIAN]: withSpread(ratios),
        },
      ],
      names.map((name) => ({ contestant: name, 'us per call': withSpread(found[name]) })),
    ],
    verdict: `${rounds} rounds`,
  };
}
