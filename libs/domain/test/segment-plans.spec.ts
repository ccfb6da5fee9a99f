import { randomUUID } from 'node:crypto';
import type { Tx } from '@core/db';
import { gid } from '@core/testing';
import {
  claimSegmentSyncs,
  deleteSegmentWrites,
  readSegmentPage,
  redactCustomer,
  setSegmentSync,
  storeSegmentPage,
  type ClaimedSync,
  type SegmentPage,
} from '../src/index.ts';
import { openPrivacy, type PrivacyWorld, type Shop } from './privacy-support.ts';

// A shop's first segments are written right after its first import: PostgreSQL has no statistics of the rows
// then, and of merchants it never has any. Each limit allows a second look at each row of the page.
const CUSTOMERS = 20_000;
const PAGE = 600;
const DELETED_AT_ONCE = 5_000;

let world: PrivacyWorld;
let shop: Shop;
let sync: ClaimedSync;

beforeAll(async () => {
  world = await openPrivacy();
  shop = await world.connect();
  const { merchantId } = shop;
  const score = { recency: 5, frequency: 4, monetary: 5, score: '545', segment: 'CHAMPIONS' };
  await world.owner.query(
    `insert into customers (merchant_id, external_id, rfm_score)
     select $1, $2 || n, $3 from generate_series(1, $4::int) n`,
    [merchantId, gid(1).slice(0, -1), score, CUSTOMERS],
  );
  await world.as('api', (tx, ctx) => setSegmentSync(tx, ctx, { ...shop, enabled: true }), merchantId);
  [sync] = (await world.as('importer', (tx) => claimSegmentSyncs(tx, { most: 1 }))) as [ClaimedSync];
});
afterAll(() => world.close());

/** The rows of the table that this connection has read, and has not yet reported to the statistics. */
async function rowsRead(tx: Tx, table: string): Promise<number> {
  const [read] = await tx.query<{ rows: number }>(
    `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows
       from pg_stat_xact_user_tables where relname ~ ('^' || $1 || '(_p\\d+)?$')`,
    [table],
  );
  return read!.rows;
}

/** Counts the rows of the table that the work reads. */
const countReads = <T>(table: string, role: 'importer' | 'worker', work: (tx: Tx) => Promise<T>) =>
  world.as(
    role,
    async (tx) => {
      const before = await rowsRead(tx, table);
      const result = await work(tx);
      return { rows: (await rowsRead(tx, table)) - before, result };
    },
    shop.merchantId,
  );

const readPage = (table: string) =>
  countReads(table, 'importer', (tx) => readSegmentPage(tx, { ...sync, most: PAGE }));
const storePage = (table: string, { rows, next }: SegmentPage) =>
  countReads(table, 'importer', (tx) =>
    storeSegmentPage(tx, {
      ...sync,
      outcomes: rows.map(({ customerId, wanted }) => ({ customerId, ...wanted!, refused: null })),
      removed: [],
      counts: { written: rows.length, refused: 0 },
      next: next!,
    }),
  );

it('reads the rows of its page alone, while the first segments are written', async () => {
  for (let n = 0; n < 12; n++) {
    const page = await readPage('customers');
    expect(page.result.rows).toHaveLength(PAGE);
    expect(page.rows).toBeLessThanOrEqual(2 * PAGE);
    expect((await readPage('segment_writes')).rows).toBeLessThanOrEqual(PAGE);
    const stored = await storePage(n % 2 ? 'customers' : 'segment_writes', page.result);
    expect(stored.rows).toBeLessThanOrEqual(2 * PAGE);
  }
});

it('reads what is written of one person alone in an erasure', async () => {
  const [{ customer_id: customerId } = {}] = await world.rows<{ customer_id: never }>(
    'segment_writes',
    shop.merchantId,
  );
  const { rows } = await countReads('segment_writes', 'worker', (tx) =>
    redactCustomer(tx, world.ctx, {
      merchantId: shop.merchantId,
      requestId: randomUUID(),
      customerId: customerId!,
    }),
  );
  expect(rows).toBeGreaterThan(0);
  expect(rows).toBeLessThanOrEqual(2);
});

it('reads the rows of its batch alone in a deletion', async () => {
  const { rows } = await countReads('segment_writes', 'importer', (tx) => deleteSegmentWrites(tx, sync));
  expect(rows).toBeLessThanOrEqual(2 * DELETED_AT_ONCE);
});
