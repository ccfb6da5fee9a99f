import { randomUUID } from 'node:crypto';
import type { CustomerId, MerchantId } from '@core/contracts';
import { inTransaction, poolReader } from '@core/db';
import { aCustomerId, gid, waitUntil } from '@core/testing';
import {
  countReplay,
  createCustomer,
  deleteCustomers,
  redactCustomer,
  replayCustomers,
  updateCustomer,
  type ReplayCursor,
  type ReplaySelection,
} from '../src/index.ts';
import { auditOf, eventsOf, merchant, openWorld, type World } from './support.ts';

let world: World;
beforeAll(async () => (world = await openWorld('core_worker')));
afterAll(() => world.close());

const create = async (merchantId: MerchantId, name = randomUUID()) =>
  (
    await inTransaction(world.owner, (tx) =>
      createCustomer(tx, world.ctx, { merchantId, email: `${name}@example.com` }),
    )
  ).customerId;
const update = (merchantId: MerchantId, customerId: CustomerId, tier: number) =>
  inTransaction(world.owner, (tx) =>
    updateCustomer(tx, world.ctx, { merchantId, customerId, metadata: { tier } }),
  );
const now = async () =>
  (
    await world.owner.query<{ now: string }>(
      `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
    )
  ).rows[0]!.now;

/** Replays page by page to the end. @returns the pages' sizes */
async function replay(selection: Omit<ReplaySelection, 'until'> & { until?: string }, limit = 100) {
  const until = selection.until ?? (await now());
  const sizes: number[] = [];
  let after: ReplayCursor | undefined;
  do {
    const page = await world.run((tx, ctx) =>
      replayCustomers(tx, ctx, { ...selection, until, after, limit }),
    );
    sizes.push(page.appended);
    after = page.next;
  } while (after);
  return sizes;
}
const replayed = async (merchantId: MerchantId) =>
  (await eventsOf(world, merchantId)).filter(({ origin }) => origin === 'replay');

describe('replayCustomers', () => {
  it('appends one event for each customer of a merchant, page by page, with the current version', async () => {
    const [merchantId, other] = [merchant(), merchant()];
    const ids: CustomerId[] = [];
    for (let n = 0; n < 7; n++) ids.push(await create(merchantId));
    await create(other);
    await update(merchantId, ids[3]!, 1);
    const until = await now();

    expect(await countReplay(reader(), { merchantId, until })).toBe(7);
    expect(await replay({ merchantId }, 3)).toEqual([3, 3, 1]);
    const events = await replayed(merchantId);
    expect(events.map((event) => event.customer_id).sort()).toEqual([...ids].sort());
    for (const { customer_id, topic, version, changed_fields } of events) {
      const updated = customer_id === ids[3];
      expect({ topic, version }).toEqual(
        updated ? { topic: 'customer.updated', version: 2 } : { topic: 'customer.created', version: 1 },
      );
      expect(changed_fields).toEqual(['email', 'external_id', 'metadata', 'rfm_score']);
    }
    expect(await replayed(other)).toEqual([]);
    const audits = (await auditOf(world, merchantId)).filter(({ action }) => action === 'events.replay');
    expect(audits.map(({ actor, detail }) => [actor, detail])).toEqual(
      [3, 3, 1].map((customers) => ['spec', { customers }]),
    );
  });

  it('replays chosen customers, and a range of the last change over all merchants', async () => {
    const [one, two] = [merchant(), merchant()];
    const early = await create(one);
    const since = await now();
    const inRange = [await create(one), await create(two)];
    const until = await now();
    const late = await create(two);

    await replay({ since, until }, 1);
    expect((await replayed(one)).map((event) => event.customer_id)).toEqual([inRange[0]]);
    expect((await replayed(two)).map((event) => event.customer_id)).toEqual([inRange[1]]);
    await replay({ customerIds: [early, late, aCustomerId()] });
    expect((await replayed(one)).map((event) => event.customer_id)).toEqual([inRange[0], early]);
    expect((await replayed(two)).map((event) => event.customer_id)).toEqual([inRange[1], late]);
  });

  it('repeats the event of the erasure for an erased customer, never customer.created', async () => {
    const merchantId = merchant();
    const customerId = await create(merchantId);
    await world.run((tx, ctx) =>
      redactCustomer(tx, ctx, { merchantId, customerId, requestId: randomUUID() }),
    );
    await replay({ merchantId });
    const [erasure, again] = (await eventsOf(world, merchantId)).slice(-2);
    expect(again).toEqual({ ...erasure, origin: 'replay' });
    expect(again).toMatchObject({ topic: 'customer.updated', version: 2 });
  });

  it('skips a deletion whose customer was never published, and continues with the others', async () => {
    const merchantId = merchant();
    await world.run((tx, ctx) =>
      deleteCustomers(tx, ctx, { merchantId, externalIds: [gid(7)], origin: 'webhook' }),
    );
    const customerId = await create(merchantId);
    expect(await countReplay(reader(), { merchantId, until: 'infinity' })).toBe(1);
    expect(await replay({ merchantId, until: 'infinity' })).toEqual([1]);
    expect((await replayed(merchantId)).map((event) => event.customer_id)).toEqual([customerId]);
  });

  it('keeps the order of versions against concurrent writers', async () => {
    const merchantId = merchant();
    const ids: CustomerId[] = [];
    for (let n = 0; n < 5; n++) ids.push(await create(merchantId));
    let writing = true;
    const writer = async () => {
      for (let tier = 1; writing; tier++) for (const id of ids) await update(merchantId, id, tier);
    };
    const replays = async () => {
      for (let pass = 0; pass < 30; pass++) await replay({ customerIds: ids, until: 'infinity' });
      writing = false;
    };
    await Promise.all([writer(), replays()]);

    const last = new Map<string, number>();
    for (const { customer_id, version } of await eventsOf(world, merchantId)) {
      expect(version).toBeGreaterThanOrEqual(last.get(customer_id) ?? 0);
      last.set(customer_id, version);
    }
    expect(await replayed(merchantId)).toHaveLength(30 * ids.length);
    expect(Math.max(...last.values())).toBeGreaterThan(2);
  });

  it('waits for a writer in progress, and then replays its version after its event', async () => {
    const merchantId = merchant();
    const customerId = await create(merchantId);
    const wrote = Promise.withResolvers<void>();
    const mayCommit = Promise.withResolvers<void>();
    const writer = inTransaction(world.owner, async (tx) => {
      await updateCustomer(tx, world.ctx, { merchantId, customerId, metadata: { tier: 1 } });
      wrote.resolve();
      await mayCommit.promise;
    });
    await wrote.promise;
    const replaying = replay({ merchantId });
    await waitUntil(
      async () => (await world.owner.query('select from pg_locks where not granted')).rowCount,
      { what: 'the replay to wait for the lock' },
    );
    mayCommit.resolve();
    await Promise.all([writer, replaying]);
    expect((await eventsOf(world, merchantId)).map(({ version, origin }) => [version, origin])).toEqual([
      [1, 'api'],
      [2, 'api'],
      [2, 'replay'],
    ]);
  });
});

const reader = () => poolReader(world.pool);
