import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { claimEvents, inTransaction, pruneInbox, unclaimEvents, type EventClaim } from '../src/index.ts';
import { openDatabase } from './support.ts';

let pool: Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openDatabase('core_worker')));
afterAll(() => close());

const claimOf = (id: string, says = id): EventClaim => ({
  key: id,
  digest: Buffer.from(says),
  bareId: `bare ${id}`,
});
/** Claims events. @returns the ids that were claimed */
const claim = async (consumer: string, ids: string[]) => {
  const claims = ids.map((id) => claimOf(id));
  const outcomes = await inTransaction(pool, (tx) => claimEvents(tx, consumer, claims));
  return ids.filter((_, i) => outcomes[i] === 'claimed');
};

it('claims each event of a consumer once, even if it occurs twice in one batch', async () => {
  const consumer = randomUUID();
  expect((await claim(consumer, ['a', 'b', 'a'])).sort()).toEqual(['a', 'b']);
  expect(await claim(consumer, ['b', 'c', 'a'])).toEqual(['c']);
  expect(await claim(randomUUID(), ['a'])).toEqual(['a']);
  expect(await claim(consumer, [])).toEqual([]);
  await inTransaction(pool, (tx) => unclaimEvents(tx, consumer, ['a']));
  expect(await claim(consumer, ['a', 'b'])).toEqual(['a']);
});

it('lets one of two claim a contested event: the second one if the first rolls back', async () => {
  const consumer = randomUUID();
  const both = await Promise.all([claim(consumer, ['a', 'b']), claim(consumer, ['b', 'a'])]);
  expect(both.flat().sort()).toEqual(['a', 'b']);
  const failing = inTransaction(pool, async (tx) => {
    await claimEvents(tx, consumer, [claimOf('x')]);
    throw new Error('not now');
  });
  await expect(failing).rejects.toThrow('not now');
  expect(await claim(consumer, ['x'])).toEqual(['x']);
});

it('distinguishes a repetition from another event with the same key: in a batch, later and concurrently', async () => {
  const consumer = randomUUID();
  const run = (...claims: EventClaim[]) => inTransaction(pool, (tx) => claimEvents(tx, consumer, claims));
  expect(await run(claimOf('a'), claimOf('a'), claimOf('a', 'other'))).toEqual([
    'claimed',
    'repeated',
    'reused',
  ]);
  expect(await run(claimOf('a', 'other'), claimOf('b'), claimOf('a'))).toEqual([
    'reused',
    'claimed',
    'repeated',
  ]);
  const both = await Promise.all([run(claimOf('c', 'one')), run(claimOf('c', 'other'))]);
  expect(both.flat().sort()).toEqual(['claimed', 'reused']);
});

it('reports as repeated an event that the previous build claimed by the bare id', async () => {
  const consumer = randomUUID();
  await pool.query('insert into inbox_events (consumer, event_id) values ($1, $2)', [consumer, 'bare a']);
  expect(await claim(consumer, ['a', 'b'])).toEqual(['b']);
  expect(await claim(randomUUID(), ['a'])).toEqual(['a']);
});

it('prunes old claims in bounded batches, even concurrently, and keeps the rest', async () => {
  const consumer = randomUUID();
  await pool.query(
    `insert into inbox_events (consumer, event_id, processed_at)
     select $1, n::text, now() - interval '8 days 1 hour' from generate_series(1, 2500) as n
     union all select $1, 'new' || n, now() - interval '7 days 23 hours' from generate_series(1, 10) as n`,
    [consumer],
  );
  const first = await pruneInbox(pool, 8);
  expect(first).toEqual({ pruned: 1000, more: true });
  const [a, b] = await Promise.all([pruneInbox(pool, 8), pruneInbox(pool, 8)]);
  const rest = await pruneInbox(pool, 8);
  expect(a.pruned + b.pruned + rest.pruned).toBe(1500);
  expect(await pruneInbox(pool, 8)).toEqual({ pruned: 0, more: false });
  const { rowCount } = await pool.query('select from inbox_events where consumer = $1', [consumer]);
  expect(rowCount).toBe(10);
});
