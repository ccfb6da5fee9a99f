import { Queue } from 'bullmq';
import { inTransaction, type Tx } from '@core/db';
import {
  deleteImportSchedule,
  listImportSchedules,
  runSchedule,
  setImportSchedule,
  type SetImportSchedule,
} from '@core/domain';
import { anImportId, waitUntil } from '@core/testing';
import { isFinished, openWorld, redisUrl, type World, type ConnectedShop } from './support.ts';

const REDIS_DATABASE = 13;

let world: World;
let clock: Queue;
beforeAll(async () => {
  world = await openWorld({ redisDatabase: REDIS_DATABASE });
  clock = new Queue('import-schedules', { connection: { url: redisUrl(REDIS_DATABASE) } });
});
afterEach(async () => {
  await world.owner.query('delete from import_schedules');
  await world.reset();
});
afterAll(async () => {
  await clock?.close();
  await world?.close();
});

const set = ({ merchantId, shop }: ConnectedShop, change: Partial<SetImportSchedule> = {}) =>
  world.asApi({ merchantId }, (tx) =>
    setImportSchedule(tx, world.ctx, {
      merchantId,
      shop,
      cron: '0 3 * * *',
      timeZone: 'Europe/Berlin',
      mode: 'delta',
      enabled: true,
      ...change,
    }),
  );
const show = async ({ merchantId }: ConnectedShop) =>
  (await world.asApi({ merchantId }, (tx) => listImportSchedules(tx, { merchantId })))[0]!;
/** Sets the time of the merchant's change into the past, so that the last firing counts. */
const age = ({ shop }: ConnectedShop) =>
  world.owner.query(`update import_schedules set updated_at = now() - interval '9 days' where shop = $1`, [
    shop,
  ]);
const runsOf = async ({ shop }: ConnectedShop) =>
  (
    await world.owner.query<{ id: string; mode: string }>(
      'select id, mode from customer_import_logs where shop = $1 order by id',
      [shop],
    )
  ).rows;
const clocks = async () => {
  const all = await clock.getJobSchedulers();
  return all.map(({ key, pattern, tz }) => `${key} ${pattern} ${tz}`).sort();
};
const clocksToBe = (expected: string[]) =>
  waitUntil(async () => JSON.stringify(await clocks()) === JSON.stringify(expected.toSorted()), {
    what: `the schedulers to be ${expected.join(', ')}`,
  });
/** Fires the next job now. */
const ring = async () => {
  for (const job of await clock.getDelayed()) await job.promote();
};

it('keeps BullMQ’s schedulers equal to PostgreSQL’s schedules, also when Redis loses them', async () => {
  const [one, two] = [await world.connect(0), await world.connect(0)];
  await set(one);
  world.startImporter();
  world.startImporter();
  const id = (of: ConnectedShop) => `${of.merchantId}_${of.shop}`;
  await clocksToBe([`${id(one)} 0 3 * * * Europe/Berlin`]);
  await set(one, { cron: '15 4 * * 1', timeZone: 'UTC' });
  await set(two);
  const kept = `${id(one)} 15 4 * * 1 UTC`;
  const both = [kept, `${id(two)} 0 3 * * * Europe/Berlin`];
  await clocksToBe(both);
  // A change that started before the last one and was committed after it: its time is not the newest.
  const late = (cron: string) =>
    world.owner.query('update import_schedules set cron = $2 where shop = $1', [one.shop, cron]);
  await late('30 5 * * *');
  await clocksToBe([`${id(one)} 30 5 * * * UTC`, both[1]!]);
  await late('15 4 * * 1');
  await clocksToBe(both);
  await world.redis.flushdb();
  await clocksToBe(both);
  await set(two, { enabled: false });
  await clocksToBe([kept]);
  await world.asApi(one, (tx) => deleteImportSchedule(tx, world.ctx, one));
  await clocksToBe([]);
  expect(await runsOf(one)).toEqual([]);
  expect(await runsOf(two)).toEqual([]);
});

/** Returns the next day on which Berlin's clock is put forward, at 1:00 UTC: the last Sunday of a March. */
function nextGap(): Date {
  for (let year = new Date().getUTCFullYear(); ; year++) {
    const day = 31 - new Date(Date.UTC(year, 2, 31)).getUTCDay();
    const gap = new Date(Date.UTC(year, 2, day, 1));
    if (gap.getTime() > Date.now()) return gap;
  }
}

it('sets the timer to the promised time, also if an earlier build has set another', async () => {
  const shop = await world.connect(0);
  const gap = nextGap();
  const times = { cron: `30 2 ${gap.getUTCDate()} 3 *`, timeZone: 'Europe/Berlin' };
  await set(shop, times);
  // As BullMQ's own parser sets it.
  const id = `${shop.merchantId}_${shop.shop}`;
  await clock.upsertJobScheduler(id, { pattern: times.cron, tz: times.timeZone }, { name: 'run-schedule' });
  expect((await clock.getJobScheduler(id))?.next).not.toBe(gap.getTime());
  world.startImporter();
  await waitUntil(async () => (await clock.getJobScheduler(id))?.next === gap.getTime(), {
    what: 'the clock to be set for the end of the gap',
  });
  expect((await show(shop)).nextAt).toEqual(gap);
});

it('sets a timer again that was not reset after its job', async () => {
  const shop = await world.connect(0);
  await set(shop);
  world.startImporter();
  const id = `${shop.merchantId}_${shop.shop}`;
  await clocksToBe([`${id} 0 3 * * * Europe/Berlin`]);
  const { nextAt } = await show(shop);
  // As after a Redis that refused one write between two polls: the scheduler exists and has no job.
  const [job] = await clock.getDelayed();
  await world.redis.del('bull:import-schedules:delayed', `bull:import-schedules:${job!.id}`);
  await world.redis.zadd('bull:import-schedules:repeat', String(Date.now() - 120_000), id);
  await waitUntil(async () => (await clock.getJobScheduler(id))?.next === nextAt?.getTime(), {
    what: 'the clock to be set again',
  });
  expect(await clock.getDelayedCount()).toBe(1);
});

it.each([
  // Put forward at 1:00 UTC: the firing of 2:59 moves to the end of the gap, a minute after 1:59.
  ['59 * * * *', '2027-03-28T00:30Z', ['00:59', '01:00', '01:59', '02:59']],
  ['30 2 * * *', '2027-03-28T00:00Z', ['01:00']],
  // Put back at 1:00 UTC.
  ['30 2 * * *', '2027-10-31T00:00Z', ['00:30']],
  ['30 * * * *', '2027-10-31T00:15Z', ['00:30', '02:30']],
])('%s fires once for each time from %s on', async (cron, from, expected) => {
  const shop = await world.connect(1);
  await set(shop, { cron });
  const begin = new Date(from).getTime();
  await world.owner.query('update import_schedules set updated_at = $2 where shop = $1', [
    shop.shop,
    new Date(begin),
  ]);
  const served: string[] = [];
  // Two importers poll twice a minute. The first one's clock is ahead of the other's.
  for (let at = begin; at < begin + 180 * 60_000; at += 30_000) {
    for (const now of [new Date(at + 1_500), new Date(at)]) {
      const did = await inTransaction(world.pool, (tx) => runSchedule(tx, world.ctx, { ...shop, now }));
      if (did === 'not_due') continue;
      served.push(now.toISOString().slice(11, 16));
      expect(did).toHaveProperty('started');
      await world.owner.query(
        `update customer_import_logs set status = 'cancelled', finished_at = now() where shop = $1 and finished_at is null`,
        [shop.shop],
      );
    }
  }
  expect(served).toEqual(expected);
});

it('starts a firing whose timer used a clock slightly ahead, but none further in the future', async () => {
  const shop = await world.connect(1);
  await set(shop, { cron: '0 3 * * *', timeZone: 'UTC' });
  await age(shop);
  const due = new Date('2027-01-10T03:00:00Z');
  const run = (now: Date, setFor = due) =>
    inTransaction(world.pool, (tx) => runSchedule(tx, world.ctx, { ...shop, now, setFor }));
  expect(await run(new Date('2027-01-10T02:59:50Z'))).toHaveProperty('started');
  expect(await run(due)).toBe('not_due');
  expect(await run(new Date('2027-01-11T02:50:00Z'), new Date('2027-01-11T03:00:00Z'))).toBe('not_due');
});

it('starts one run per firing, regardless of the number of importers, and reports its id', async () => {
  const shop = await world.connect(30);
  const first = await world.start(shop);
  world.startImporter();
  world.startImporter();
  await world.until(first, 'finished', isFinished);
  await set(shop);
  await age(shop);
  await waitUntil(async () => (await clock.getDelayedCount()) === 1, { what: 'the clock to be set' });
  await ring();
  const { lastImportId } = await waitUntil(
    async () => {
      const schedule = await show(shop);
      return schedule.lastImportId ? schedule : null;
    },
    { what: 'the schedule to start a run' },
  );
  const run = await world.until(
    { merchantId: shop.merchantId, importId: lastImportId! },
    'finished',
    isFinished,
  );
  expect(run).toMatchObject({ mode: 'delta', status: 'completed' });
  expect(await show(shop)).toMatchObject({ lastError: null, nextAt: expect.any(Date) as Date });

  // Fired again for the same time, and rebuilt: the firing was served already.
  await waitUntil(async () => (await clock.getDelayedCount()) === 1, { what: 'the timer to be set' });
  await ring();
  await world.redis.flushdb();
  await waitUntil(async () => (await clock.getDelayedCount()) === 1, { what: 'the clock to be rebuilt' });
  expect(await runsOf(shop)).toHaveLength(2);
});

it('sees the run of another importer after waiting for it', async () => {
  const shop = await world.connect(5);
  await set(shop);
  await age(shop);
  const run = (tx: Tx) => runSchedule(tx, world.ctx, shop);
  let waiting: ReturnType<typeof run> | undefined;
  const first = await inTransaction(world.pool, async (tx) => {
    const did = await run(tx);
    waiting = inTransaction(world.pool, run);
    await waitUntil(
      async () =>
        (
          await world.owner.query(
            `select from pg_stat_activity
              where datname = current_database() and wait_event_type = 'Lock' and query like '%import_schedules%'`,
          )
        ).rowCount === 1,
      { what: 'the second to wait for the first' },
    );
    return did;
  });
  expect(first).toHaveProperty('started');
  expect(await waiting).toBe('not_due');
  expect(await show(shop)).toMatchObject({ lastError: null });
});

it('reports that the shop is already being imported', async () => {
  const shop = await world.connect(5);
  shop.far.fault({ kind: 'hang', times: 1_000 });
  const { importId } = await world.start(shop);
  await set(shop);
  await age(shop);
  world.startImporter();
  const { lastError, lastImportId } = await waitUntil(
    async () => {
      const schedule = await show(shop);
      return schedule.lastError ? schedule : null;
    },
    { what: 'the schedule to be refused' },
  );
  expect(lastError).toMatch(
    /^The import scheduled for 20\d\d-\S+Z was skipped: import \S+ of \S+ is still running$/,
  );
  expect(lastError).toContain(importId);
  expect(lastImportId).toBeNull();
  expect(await runsOf(shop)).toHaveLength(1);
});

it('catches up once with a firing that was due while no importer was running', async () => {
  const shop = await world.connect(3);
  await set(shop);
  await age(shop);
  await Promise.all([world.startImporter(), world.startImporter()]);
  await waitUntil(async () => (await show(shop)).lastImportId !== null, { what: 'the run to be started' });
  const [run] = await runsOf(shop);
  await world.until({ merchantId: shop.merchantId, importId: anImportId(run!.id) }, 'finished', isFinished);
  expect(await runsOf(shop)).toHaveLength(1);
});
