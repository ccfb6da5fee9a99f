import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Pool } from 'pg';
import type { MerchantId } from '@core/contracts';
import { createMerchantKeyStore, parseKeyring } from '@core/crypto';
import { inTransaction, migrateDatabase, readerOf, type Reader, type Tx } from '@core/db';
import {
  aMerchantId,
  customerIdOf,
  endPool,
  makeServicesDir,
  merchantIdOf,
  postgresDir,
  removeServicesDir,
  seedCustomers,
  startPostgres,
  workspaceRoot,
} from '@core/testing';
import {
  createPageTokens,
  findCustomerByEmail,
  getCustomer,
  getRfmDistribution,
  listChangedCustomers,
  listCustomers,
  getCustomerRfm,
  getProgramSettings,
  previewProgramSettings,
} from '../src/index.ts';

// A million customers, a fifth of them of one merchant. In a separate cluster: their WAL would keep the
// standby of the other specs busy for a while.
const MERCHANTS = 4_000;
const SMALL = 800_000;
const BIG = merchantIdOf(MERCHANTS + 1);
const BIG_CUSTOMER = customerIdOf(SMALL + 100_000);
const A_MERCHANT = merchantIdOf(8);
const A_CUSTOMER = customerIdOf(4_007);
const PAGE = 50;

interface Statement {
  text: string;
  values: unknown[];
}

let pool: Pool;
let owner: Pool;
let stop: () => Promise<void>;
const tokens = createPageTokens([randomBytes(32)]);
const keys = createMerchantKeyStore(parseKeyring(`test:${randomBytes(32).toString('base64')}`));

beforeAll(async () => {
  const dir = makeServicesDir();
  const { primary, stop: stopServer } = await startPostgres({ dir: postgresDir(dir) });
  stop = async () => {
    await stopServer();
    removeServicesDir(dir);
  };
  const password = randomBytes(12).toString('hex');
  await migrateDatabase(primary.url, join(workspaceRoot(), 'libs/db/migrations'), { core_api: password });
  await seedCustomers(primary.url, { customers: SMALL, merchants: MERCHANTS, bigMerchant: 200_000 });
  pool = new Pool({ host: '127.0.0.1', port: primary.port, database: 'core_db', user: 'core_api', password });
  owner = new Pool({ connectionString: primary.url, max: 2 });
  for (const merchantId of [BIG, A_MERCHANT])
    await inTransaction(pool, (tx) => keys.findOrCreate(tx, merchantId), { merchantId });
}, 900_000);
afterAll(async () => {
  if (pool) await endPool(pool);
  if (owner) await endPool(owner);
  await stop?.();
});

/** Reads as the api does, for the merchant that the statement names first. */
const direct = (): Reader => readerOf((text, values) => asApi(values, (tx) => tx.query(text, values)));
function asApi<T>(values: unknown[] | undefined, work: (tx: Tx) => Promise<T>): Promise<T> {
  const merchantId = values?.flat().find((value) => /^[0-9a-f]{8}-/.test(String(value)));
  return inTransaction(
    pool,
    work,
    merchantId === undefined ? {} : { merchantId: aMerchantId(String(merchantId)) },
  );
}

/**
 * Returns the text to explain and the role that explains it. For the api's functions the text is the body,
 * which belongs to another role and whose plan EXPLAIN does not show.
 */
async function unfold({ text, values }: Statement): Promise<{ text: string; explain: typeof asApi }> {
  const [, name] = /from (read_scores|list_segment)\(/.exec(text) ?? [];
  if (!name) return { text, explain: asApi };
  const { rows } = await owner.query<{ body: string; types: string[]; settings: string[] }>(
    `select prosrc as body, proargtypes::regtype[]::text[] as types, coalesce(proconfig, '{}') as settings
       from pg_proc where proname = $1`,
    [name],
  );
  const { body, types, settings } = rows[0]!;
  expect(types).toHaveLength(values.length);
  const statement = body.replace(/^[^]*RETURN QUERY/, '').replace(/;\s*END\s*$/, '');
  return {
    text: statement.replace(/\$(\d)/g, (param, n) => `(${param}::${types[Number(n) - 1]})`),
    explain: (of, work) =>
      inTransaction(
        owner,
        async (tx) => {
          for (const setting of settings) await tx.query(`set local ${setting}`);
          return work(tx);
        },
        name === 'read_scores' ? {} : { merchantId: aMerchantId(String(of?.[0])) },
      ),
  };
}

/** Returns the statements on customers that a read of the service runs, as it runs them. */
async function statementsOf(read: (reader: Reader) => Promise<unknown>): Promise<Statement[]> {
  const made: Statement[] = [];
  await read(
    readerOf(async (text, values = []) => {
      if (/(from|join) ("customers"|customers|read_scores|list_segment)/.test(text))
        made.push({ text, values });
      return direct().query(text, values);
    }),
  ).catch((error: { kind?: string }) => {
    if (error.kind !== 'not_found') throw error;
  });
  return made;
}

/** Returns a plan's accesses to the table, such as "Index Scan using idx_customers_merchant_id". */
async function accessesOf(options: string, statement: Statement): Promise<string[]> {
  const { text, explain } = await unfold(statement);
  const rows = await explain(statement.values, (tx) =>
    tx.query<Explained>(
      `explain (${options}, format json) ${text}`,
      options === 'generic_plan' ? undefined : statement.values,
    ),
  );
  return accesses(planOf(rows));
}
interface Plan {
  'Node Type': string;
  'Index Name'?: string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  Plans?: Plan[];
}
interface Explained extends Record<string, unknown> {
  'QUERY PLAN': [{ Plan: Plan }];
}
const planOf = (rows: readonly Explained[]): Plan => rows[0]!['QUERY PLAN'][0].Plan;
const accesses = (plan: Plan): string[] => [
  ...(plan['Relation Name'] === 'customers' || plan['Index Name']
    ? [plan['Node Type'] + (plan['Index Name'] ? ` using ${plan['Index Name']}` : '')]
    : []),
  ...(plan.Plans ?? []).flatMap(accesses),
];

/** Reads the first page and the second one, each as a separate read. */
const pages = (list: (reader: Reader, pageToken: string) => Promise<{ nextPageToken: string }>) => {
  const first = (reader: Reader) => list(reader, '');
  const later = async (reader: Reader) => list(reader, (await first(direct())).nextPageToken);
  return { first, later };
};
const listed = (filter: object) =>
  pages((reader, pageToken) =>
    listCustomers(reader, { pageTokens: tokens }, { merchantId: BIG, pageSize: PAGE, ...filter, pageToken }),
  );
const changed = (filter: object) =>
  pages((reader, pageToken) =>
    listChangedCustomers(
      { primary: reader, atLeast: () => reader },
      { pageTokens: tokens },
      {
        merchantId: BIG,
        updatedSince: '2026-10-01T00:00:00.000000Z',
        pageSize: PAGE,
        ...filter,
        pageToken,
      },
    ),
  );
const keysOf = (count: number) =>
  Array.from({ length: count }, (_, n) => n * 3_001).map((k) => ({
    merchantId: merchantIdOf((k % MERCHANTS) + 1),
    customerId: customerIdOf(k),
  }));

const previewOf = (merchantId: MerchantId) => async (reader: Reader) => {
  const { thresholds } = await getProgramSettings(direct(), { merchantId });
  return previewProgramSettings(reader, { merchantId, thresholds });
};

const small = { merchantId: A_MERCHANT };
const bySegment = listed({ segment: 'CHAMPIONS' });
const byId = listed({});
const byRange = listed({ recency: { min: 5, max: 5 }, monetary: { min: 4 } });
const bySegmentAndRange = listed({ segment: 'LOYAL', frequency: { min: 4 } });
const sinceThen = changed({});
const sinceEver = changed({ updatedSince: '1970-01-01T00:00:00.000000Z' });
const sinceThenBySegment = changed({ segment: 'LOYAL' });

const ID = 'idx_customers_merchant_id';
const SEGMENT = 'idx_customers_merchant_segment';
const CHANGE = 'idx_customers_merchant_updated_at';
/** Both indexes keep the few rows of one merchant together; which one is cheaper depends on the merchant. */
const SEGMENT_OR_CHANGE = `${SEGMENT}|${CHANGE}`;
/** Any index with all rows of a merchant, in any order. */
const ANY_OF_MERCHANT = '(idx|uq)_customers_merchant_\\w+';

// Every read and its index. All indexes lead with merchant_id: a merchant's rows are adjacent, in the order
// of its pages.
const READS: [read: string, index: string, make: (reader: Reader) => Promise<unknown>][] = [
  ['one score', ID, (reader) => getCustomerRfm(reader, keysOf(1))],
  ['256 scores', ID, (reader) => getCustomerRfm(reader, keysOf(256))],
  ['a customer', ID, (reader) => getCustomer(reader, { ...small, customerId: A_CUSTOMER })],
  ['a customer of many', ID, (reader) => getCustomer(reader, { merchantId: BIG, customerId: BIG_CUSTOMER })],
  [
    'an email',
    'uq_customers_merchant_email_hash',
    (reader) => findCustomerByEmail(reader, { keys }, { merchantId: BIG, email: 'ada@example.com' }),
  ],
  ['all, first page', ID, byId.first],
  ['all, later page', ID, byId.later],
  ['all of a small merchant', ID, listed(small).first],
  ['a segment, first page', SEGMENT, bySegment.first],
  ['a segment, later page', SEGMENT, bySegment.later],
  ['a segment of a small merchant', SEGMENT, listed({ ...small, segment: 'LOYAL' }).first],
  ['ranges, first page', ID, byRange.first],
  ['ranges, later page', ID, byRange.later],
  ['a segment and a range, first page', SEGMENT, bySegmentAndRange.first],
  ['a segment and a range, later page', SEGMENT, bySegmentAndRange.later],
  ['changes, first page', CHANGE, sinceThen.first],
  ['changes, later page', CHANGE, sinceThen.later],
  ['all changes', CHANGE, sinceEver.first],
  ['changes of a small merchant', CHANGE, changed(small).first],
  ['changes in a segment, first page', SEGMENT_OR_CHANGE, sinceThenBySegment.first],
  ['changes in a segment, later page', SEGMENT_OR_CHANGE, sinceThenBySegment.later],
  ['the distribution', ANY_OF_MERCHANT, (reader) => getRfmDistribution(reader, { merchantId: BIG })],
  ['the distribution of a small merchant', ANY_OF_MERCHANT, (reader) => getRfmDistribution(reader, small)],
  ['a preview of settings', ANY_OF_MERCHANT, previewOf(BIG)],
  ['a preview of settings of a small merchant', ANY_OF_MERCHANT, previewOf(A_MERCHANT)],
];

describe.each(READS)('%s', (_, index, make) => {
  const byIndex = new RegExp(`^((Index|Bitmap Index) Scan using (${index})|Bitmap Heap Scan)$`);

  it('uses its index, planned for its values and for any values', async () => {
    const [statement, ...more] = await statementsOf(make);
    expect(more).toEqual([]);
    for (const options of ['costs off', 'generic_plan']) {
      const found = await accessesOf(options, statement!);
      expect(found.length).toBeGreaterThan(0);
      for (const access of found) expect(access).toMatch(byIndex);
    }
  });
});

/** Counts the blocks that the statement touches to return one page of the list and one row more. */
async function blocksOf(statement: Statement): Promise<number> {
  const { text, explain } = await unfold(statement);
  const rows = await explain(statement.values, (tx) =>
    tx.query<Explained>(`explain (analyze, buffers, format json) ${text}`, statement.values),
  );
  const plan = planOf(rows);
  expect(plan['Actual Rows']).toBe(PAGE + 1);
  return (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0);
}

it.each([
  ['all', byId],
  ['a segment', bySegment],
  ['changes', sinceThen],
])(
  'reads little more than its rows for a page of %s, however many the merchant has',
  async (_, { first, later }) => {
    for (const make of [first, later]) {
      const [statement] = await statementsOf(make);
      expect(await blocksOf(statement!)).toBeLessThan(2 * PAGE);
    }
  },
);

it('reads little more than its rows for a page of a segment where the planner expects fewer than a page', async () => {
  const [statement] = await statementsOf(bySegment.first);
  const [merchant, segment, , ...bounds] = statement!.values;
  const late = { text: statement!.text, values: [merchant, segment, BIG_CUSTOMER, ...bounds] };
  expect(await blocksOf(late)).toBeLessThan(2 * PAGE);
});
