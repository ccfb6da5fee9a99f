import { externalIdOf, type MerchantId } from '@core/contracts';
import { readerOf, type Tx } from '@core/db';
import { upsertCustomers, type CommandContext, type UpsertCounts } from '../src/index.ts';
import { restoreEmailIndex } from '../src/customers/index.ts';
import { merchant, openWorld, type World } from './support.ts';

// ANALYZE has seen one shop, and another one has been imported since: as on the day when a merchant connects.
const PAGE = 100;
const KNOWN = 20_000;
const NEW = 20_000;
const newShop = merchant();

let world: World;
beforeAll(async () => {
  world = await openWorld('core_importer');
  // Only the partitions of a partitioned table have storage parameters.
  await world.owner.query(
    `do $$ declare part regclass; begin
       for part in select oid from pg_class
                    where relkind = 'r' and coalesce(pg_partition_root(oid), oid) = 'customers'::regclass loop
         execute format('alter table %s set (autovacuum_enabled = false)', part);
       end loop; end $$`,
  );
  await fill(merchant(), KNOWN);
  await world.owner.query('vacuum (analyze) customers');
  await fill(newShop, NEW);
}, 300_000);
afterAll(() => world.close());

const fill = (merchantId: MerchantId, count: number) =>
  world.owner.query(
    `insert into customers (merchant_id, external_id, email, email_hash, metadata)
     select $1, 'gid://shopify/Customer/' || n, '1.encrypted', sha256(n::text::bytea), '{}' from generate_series(1, $2::int) n`,
    [merchantId, count],
  );

interface Plan {
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
}

/** Runs the work, and counts the blocks that its statements on customers touch. */
async function blocksOf(work: (tx: Tx, ctx: CommandContext) => Promise<unknown>): Promise<number> {
  let blocks = 0;
  const counting = (tx: Tx): Tx => ({
    ...tx,
    ...readerOf(async (text, values) => {
      if (!text.includes('"customers"')) return tx.query(text, values);
      await tx.query('savepoint before');
      const [row] = await tx.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `explain (analyze, buffers, format json) ${text}`,
        values,
      );
      await tx.query('rollback to savepoint before');
      const { Plan: plan } = row!['QUERY PLAN'][0];
      blocks += plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
      return tx.query(text, values);
    }),
  });
  await world.run((tx, ctx) => work(counting(tx), ctx));
  return blocks;
}

const customer = (externalId: string, email: string) => ({
  externalId: externalIdOf(externalId),
  email,
  metadata: {},
  sourceUpdatedAt: new Date(),
});

it('reads the shared emails only, not a whole new shop, to find emails that are free by now', async () => {
  const customers = [1, 2].map((n) => customer(`gid://shopify/Customer/${NEW + n}`, 'ada@example.com'));
  await world.run((tx, ctx) => upsertCustomers(tx, ctx, { merchantId: newShop, customers }));
  const blocks = await blocksOf((tx, ctx) =>
    restoreEmailIndex(tx, ctx, { merchantId: newShop, origin: 'import' }),
  );
  expect(blocks).toBeGreaterThan(0);
  expect(blocks).toBeLessThan(100);
});

it('reads only the named customers of a new shop for a page', async () => {
  // The last customers, because a scan of all of the shop's rows finds the first ones at once.
  const customers = Array.from({ length: PAGE }, (_, n) =>
    customer(`gid://shopify/Customer/${NEW - n}`, `p${n}@example.com`),
  );
  let counts: UpsertCounts | undefined;
  const blocks = await blocksOf(async (tx, ctx) => {
    counts = await upsertCustomers(tx, ctx, { merchantId: newShop, customers });
  });
  expect(counts).toMatchObject({ updated: PAGE });
  // Each customer is found and written through the few blocks of its indexes.
  expect(blocks).toBeLessThan(100 * PAGE);
});
