import { and, eq, sql } from 'drizzle-orm';
import { Pool } from 'pg';
import { aCustomerId, createCoreDatabase, type TestDatabase } from '@core/testing';
import {
  build,
  customers,
  inTransaction,
  many,
  merchantKeys,
  migrateDatabase,
  ONE,
  oneOf,
  runOn,
  statement,
  type Tx,
} from '../src/index.ts';
import { guardClients, takeFindings } from './guard/guard-clients.ts';
import { merchant } from './support.ts';

const { id, merchantId } = customers;
const OF_ONE = statement({
  params: { merchantId, id },
  row: { id },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(merchantId, p.merchantId), eq(id, p.id)))
      .for('update'),
});
const FORGETFUL = statement({
  params: { id },
  row: { id },
  text: (p, row) => build.select(row).from(customers).where(eq(id, p.id)),
});
const HIDDEN = statement({
  params: { merchantId },
  row: { id },
  text: (p, row) => sql`select ${row} from ${customers} where ${merchantId} = (select ${p.merchantId})`,
});
/** PostgreSQL knows the merchant only when the statement runs. */
const OF_THE_SETTING = statement({
  row: { id },
  text: (_, row) =>
    sql`select ${row} from ${customers} where ${merchantId} = current_setting('core.merchant_id')::uuid`,
});
const CROSSING = statement({
  crosses: 'operators',
  params: { ids: many(id) },
  row: { id },
  text: (p, row) => build.select(row).from(customers).where(oneOf(id, p.ids)),
});
const FORBIDDEN = statement({
  params: { merchantId },
  row: ONE,
  text: (p) =>
    sql`update ${merchantKeys} set generation = 2 where ${eq(merchantKeys.merchantId, p.merchantId)}`,
});

let database: TestDatabase;
let api: Pool;
let worker: Pool;
beforeAll(async () => {
  guardClients();
  database = await createCoreDatabase(migrateDatabase, 'partitioned');
  api = new Pool({ connectionString: database.urlFor('core_api') });
  worker = new Pool({ connectionString: database.urlFor('core_worker') });
});
afterAll(async () => {
  await Promise.all([api.end(), worker.end()]);
  await database.drop();
});
afterEach(async () => expect(await takeFindings()).toEqual([]));

const A = merchant();
const A_CUSTOMER = aCustomerId();
const inWorker = (work: (tx: Tx) => Promise<unknown>) => inTransaction(worker, work, { merchantId: A });
const ALL = 'customers_p0, customers_p1, customers_p2, customers_p3';

it('accepts a statement of one merchant, in a transaction with or without the merchant, and outside', async () => {
  await inTransaction(api, (tx) => tx.run(OF_ONE, { merchantId: A, id: A_CUSTOMER }), { merchantId: A });
  await inTransaction(worker, (tx) => tx.run(OF_ONE, { merchantId: A, id: A_CUSTOMER }));
  await runOn(worker, OF_ONE, { merchantId: A, id: A_CUSTOMER });
});

it.each([
  ['that lacks its merchant', (tx: Tx) => tx.run(FORGETFUL, { id: A_CUSTOMER }), FORGETFUL],
  ['whose merchant is hidden in a subquery', (tx: Tx) => tx.run(HIDDEN, { merchantId: A }), HIDDEN],
] as const)('reports a statement %s', async (_, work, { text }) => {
  const expected = `a statement is planned for several merchants and has no \`crosses\`: it reads ${ALL}: ${text}`;
  await inWorker(work);
  expect(await takeFindings()).toEqual([expected]);
});

it('reports a statement whose merchant is known only when it runs', async () => {
  await inWorker((tx) => tx.run(OF_THE_SETTING));
  expect(await takeFindings()).toEqual([
    expect.stringMatching(/planned for several .* it reads customers_p\d: /),
  ]);
});

it('reports a statement outside of transactions', async () => {
  await runOn(worker, FORGETFUL, { id: A_CUSTOMER });
  expect(await takeFindings()).toEqual([expect.stringContaining(ALL)]);
});

it('accepts a statement that declares crosses, but not in the transaction of one merchant', async () => {
  await runOn(worker, CROSSING, { ids: [A_CUSTOMER] });
  await inTransaction(worker, (tx) => tx.run(CROSSING, { ids: [A_CUSTOMER] }));
  expect(await takeFindings()).toEqual([]);
  await inWorker((tx) => tx.run(CROSSING, { ids: [A_CUSTOMER] }));
  expect(await takeFindings()).toEqual([
    expect.stringContaining(
      'a statement crosses merchants (operators) in the transaction of one: it reads customers_p0',
    ),
  ]);
});

it('keeps the error of a statement, and the transaction usable for the next one', async () => {
  const refused = inTransaction(api, (tx) => tx.run(FORBIDDEN, { merchantId: A }), { merchantId: A });
  await expect(refused).rejects.toMatchObject({ code: '42501' });
  await inWorker(async (tx) => {
    await tx.query('savepoint before');
    await expect(tx.run(FORBIDDEN, { merchantId: A })).rejects.toMatchObject({ code: '42501' });
    await tx.query('rollback to savepoint before');
    expect(await tx.query('select 1 as one')).toEqual([{ one: 1 }]);
  });
});

it('ignores texts that are no statements, such as those of specs', async () => {
  await inWorker((tx) => tx.query('select id from customers'));
});
