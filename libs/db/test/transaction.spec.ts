import { Client, Pool } from 'pg';
import { waitUntil, insertCustomer } from '@core/testing';
import { NodeLost, NodeReplaced } from '../src/node-sockets.ts';
import { inTransaction, inTransactionWithToken, RaceLost } from '../src/index.ts';
import { merchant, openDatabase } from './support.ts';

let pool: Pool;
let url: string;
let close: () => Promise<void>;
beforeAll(async () => {
  const opened = await openDatabase();
  ({ pool, close } = opened);
  url = opened.database.url;
});
afterAll(() => close());

it('commits the work and returns its result; onCommit runs after COMMIT', async () => {
  const order: string[] = [];
  const result = await inTransaction(pool, async (tx) => {
    tx.onCommit(() => order.push('committed'));
    order.push('worked');
    return (await tx.query<{ one: number }>('select 1 as one'))[0]?.one;
  });
  expect(result).toBe(1);
  expect(order).toEqual(['worked', 'committed']);
});

it('rolls back and rethrows an error of the work, without running onCommit', async () => {
  const merchantId = merchant();
  let committed = false;
  const failing = inTransaction(pool, async (tx) => {
    tx.onCommit(() => (committed = true));
    await tx.query('insert into customers (merchant_id) values ($1)', [merchantId]);
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  const { rowCount } = await pool.query('select 1 from customers where merchant_id = $1', [merchantId]);
  expect([rowCount, committed]).toEqual([0, false]);
});

describe('notify', () => {
  it('notifies listeners after COMMIT, when the write is visible, and never after a rollback', async () => {
    const [merchantId, lost] = [merchant(), merchant()];
    const listener = new Client(url);
    await listener.connect();
    const notified: string[] = [];
    const seen: Promise<number | null>[] = [];
    listener.on('notification', ({ channel }) => {
      notified.push(channel);
      const rows = pool.query('select from customers where merchant_id = $1', [merchantId]);
      seen.push(rows.then(({ rowCount }) => rowCount));
    });
    await listener.query('listen written; listen lost');
    const write = (id: string, channel: string, then: () => void) =>
      inTransaction(pool, async (tx) => {
        tx.notify(channel);
        await tx.query('insert into customers (merchant_id) values ($1)', [id]);
        then();
      });
    const failing = write(lost, 'lost', () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await write(merchantId, 'written', () => undefined);
    await waitUntil(() => notified.length > 0, { what: 'the notification' });
    expect(notified).toEqual(['written']);
    expect(await Promise.all(seen)).toEqual([1]);
    await listener.end();
  });

  it('does not fail the write when it cannot be sent', async () => {
    const single = new Pool({ connectionString: url, max: 1 });
    const merchantId = merchant();
    const write = () =>
      inTransaction(single, async (tx) => {
        tx.notify('written');
        await tx.query('insert into customers (merchant_id) values ($1)', [merchantId]);
      });
    await Promise.all([write(), write()]);
    await write();
    await single.end(); // pending notifications go to an ended pool
    const { rowCount } = await pool.query('select from customers where merchant_id = $1', [merchantId]);
    expect(rowCount).toBe(3);
  });
});

it('retries after a lost race, and gives up after ten attempts', async () => {
  let attempts = 0;
  const won = await inTransaction(pool, async () => {
    if (++attempts < 3) throw new RaceLost('lost');
    return attempts;
  });
  expect(won).toBe(3);
  await expect(
    inTransaction(pool, async () => {
      attempts++;
      throw new RaceLost('always');
    }),
  ).rejects.toThrow('always');
  expect(attempts).toBe(13);
});

it('connects once more when a connection was cut while opening because the primary was replaced', async () => {
  const connect = jest.spyOn(pool, 'connect');
  connect.mockRejectedValueOnce(new NodeReplaced('another server') as never);
  expect(await inTransaction(pool, async () => 'done')).toBe('done');
  connect.mockRejectedValueOnce(new NodeLost('silent') as never);
  await expect(inTransaction(pool, async () => 'done')).rejects.toThrow('silent');
  connect.mockRestore();
});

it('resolves a deadlock by retrying the transaction that lost', async () => {
  const merchantId = merchant();
  const [a, b] = [await insertCustomer(pool, merchantId), await insertCustomer(pool, merchantId)];
  const touch = 'update customers set version = version + 1 where id = $1';
  let waiting = 0;
  let bothIn: () => void = () => undefined;
  const both = new Promise<void>((resolve) => (bothIn = resolve));
  const cross = (first: string, second: string) =>
    inTransaction(pool, async (tx) => {
      await tx.query(touch, [first]);
      if (++waiting === 2) bothIn();
      await both;
      await tx.query(touch, [second]);
    });
  await Promise.all([cross(a, b), cross(b, a)]);
  const { rows } = await pool.query('select version from customers where merchant_id = $1', [merchantId]);
  expect(rows.map((row) => row.version)).toEqual([3, 3]);
});

it('returns a token that a later position has reached', async () => {
  const { consistencyToken } = await inTransactionWithToken(pool, (tx) =>
    tx.query('insert into customers (merchant_id) values ($1)', [merchant()]),
  );
  const { rows } = await pool.query('select pg_current_wal_flush_lsn() >= $1::pg_lsn as flushed', [
    consistencyToken.replace(/^[0-9A-F]{16}:1:/, ''),
  ]);
  expect(rows[0]?.flushed).toBe(true);
});

it('keeps every slot of the pool through 100 failed BEGINs', async () => {
  const small = new Pool({ connectionString: url, max: 2 });
  small.on('error', () => undefined);
  for (let n = 0; n < 100; n++) {
    // Simulates a connection that is closed in the pool or just after its checkout: BEGIN then fails.
    const client = await small.connect();
    const query = client.query.bind(client);
    client.query = ((text: string) => {
      client.query = query as typeof client.query;
      return text === 'begin' ? Promise.reject(new Error('connection gone')) : query(text);
    }) as unknown as typeof client.query;
    client.release();
    await expect(inTransaction(small, async () => undefined)).rejects.toThrow('connection gone');
  }
  await expect(inTransaction(small, (tx) => tx.query('select 1 as one'))).resolves.toEqual([{ one: 1 }]);
  expect(small.totalCount).toBeLessThanOrEqual(2);
  expect(small.waitingCount).toBe(0);
  await small.end();
});
