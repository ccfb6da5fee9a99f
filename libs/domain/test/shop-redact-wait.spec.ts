// tag: compliance
import { randomUUID } from 'node:crypto';
import { lockExclusive, poolReader } from '@core/db';
import { aMerchantId, waitUntil } from '@core/testing';
import {
  cancelPrivacyRequest,
  confirmShopRedaction,
  getErasureReceipt,
  getPrivacyRequest,
  listPrivacyRequests,
  readPrivacyFigures,
  recordPrivacyRequest,
  redactShopStep,
  scheduleShopRedactions,
  type ShopRedactionPolicy,
} from '../src/index.ts';
import { customer, newEmail, newNumber, openPrivacy, type PrivacyWorld } from './privacy-support.ts';

const DAY = { wait: 86_400, most: 3 };

let world: PrivacyWorld;
// Reset for each test, because the burst of an hour counts requests of the whole database.
beforeEach(async () => (world = await openPrivacy()));
afterEach(() => world.close());

/** A merchant with some people, and the request to erase all of them. */
async function request(people = 1, kind: 'shop_redact' | 'data_request' = 'shop_redact') {
  const shop = await world.connect();
  const ref = { merchantId: shop.merchantId, requestId: randomUUID() };
  const importId = await world.newRun(shop);
  const first = newNumber();
  await world.page(
    ref.merchantId,
    importId,
    Array.from({ length: people }, (_, n) => customer(first + n, newEmail())),
  );
  await world.as('worker', (tx, ctx) => recordPrivacyRequest(tx, ctx, { ...ref, kind }));
  return ref;
}
type Ref = Awaited<ReturnType<typeof request>>;

const schedule = (policy: ShopRedactionPolicy = DAY) =>
  world.as('worker', (tx, ctx) => scheduleShopRedactions(tx, ctx, policy));
/** Runs all steps that are possible. @returns the requests for which steps ran */
async function work(): Promise<string[]> {
  const seen = new Set<string>();
  for (;;) {
    const step = await world.as('worker', redactShopStep);
    if (!step) return [...seen];
    seen.add(step.requestId);
  }
}
const cancel = (ref: Ref) =>
  world.as('worker', (tx, ctx) => cancelPrivacyRequest(tx, ctx, { ...ref, reason: 'forged' }));
const confirm = (ref: Ref) => world.as('worker', (tx, ctx) => confirmShopRedaction(tx, ctx, ref));
const requestOf = (ref: Ref) => world.as('api', (tx) => getPrivacyRequest(tx, ref), ref.merchantId);
const received = (ref: Ref, ago: string) =>
  world.owner.query(`update privacy_requests set received_at = now() - $2::interval where request_id = $1`, [
    ref.requestId,
    ago,
  ]);
const left = async ({ merchantId }: Ref): Promise<number> =>
  (await world.rows<{ erased_at: Date | null }>('customers', merchantId)).filter((row) => !row.erased_at)
    .length;
const auditOf = async ({ merchantId }: Ref) =>
  (await world.rows<{ action: string; detail: object }>('audit_log', merchantId)).map(
    ({ action, detail }) => ({
      action,
      detail,
    }),
  );
const ids = (requests: readonly { requestId: string }[]) => requests.map(({ requestId }) => requestId).sort();

it('is carried out after its waiting time', async () => {
  const ref = await request();
  expect(await work()).toEqual([]);
  expect(await schedule()).toMatchObject({ scheduled: [{ requestId: ref.requestId }], held: [] });
  expect(await schedule()).toEqual({ scheduled: [], held: [] });
  expect(await work()).toEqual([]);
  expect(await left(ref)).toBe(1);
  const { notBefore, receivedAt } = await requestOf(ref);
  expect(notBefore!.getTime() - receivedAt.getTime()).toBe(86_400_000);
  expect(await readPrivacyFigures(poolReader(world.pools.worker))).toMatchObject({
    shopsWaiting: 1,
    shopsHeld: 0,
    nextShopAt: Math.ceil(notBefore!.getTime() / 1_000),
  });

  await world.owner.query('update privacy_requests set not_before = now()');
  expect(await work()).toEqual([ref.requestId]);
  expect(await left(ref)).toBe(0);
  expect(await requestOf(ref)).toMatchObject({ completedAt: expect.any(Date), cancelledAt: null });
});

it('is scheduled once by two concurrent workers', async () => {
  const ref = await request();
  let both: Promise<Awaited<ReturnType<typeof schedule>>[]> | undefined;
  await world.as('owner', async (tx) => {
    await lockExclusive(tx, 'shop_redact|schedule');
    both = Promise.all([schedule(), schedule()]);
    await waitUntil(
      async () =>
        (await world.owner.query(`select from pg_locks where not granted and locktype = 'advisory'`))
          .rowCount === 2,
      { what: 'both to wait' },
    );
  });
  expect((await both)?.map(({ scheduled }) => ids(scheduled)).sort()).toEqual([[], [ref.requestId]]);
});

it('is permanently cancelled before it starts, with an audit row', async () => {
  const ref = await request();
  await schedule({ wait: 0, most: 3 });
  expect(await cancel(ref)).toEqual({ hadBegun: false });
  expect(await work()).toEqual([]);
  await world.as('worker', (tx, ctx) => recordPrivacyRequest(tx, ctx, { ...ref, kind: 'shop_redact' }));
  expect(await schedule()).toEqual({ scheduled: [], held: [] });
  expect(await work()).toEqual([]);
  expect(await left(ref)).toBe(1);

  expect(await requestOf(ref)).toMatchObject({
    completedAt: null,
    cancelledAt: expect.any(Date),
    cancelReason: 'forged',
  });
  await expect(world.as('api', (tx) => getErasureReceipt(tx, ref), ref.merchantId)).rejects.toMatchObject({
    kind: 'failed_precondition',
    message: expect.stringContaining('forged'),
  });
  expect(await auditOf(ref)).toContainEqual({
    action: 'privacy.cancel',
    detail: { request_id: ref.requestId, reason: 'forged', had_begun: false },
  });
  expect(await world.as('worker', (tx) => listPrivacyRequests(tx, {}))).toEqual([]);
  expect((await readPrivacyFigures(poolReader(world.pools.worker))).pending.shop_redact).toBe(0);
  await expect(cancel(ref)).rejects.toMatchObject({ message: expect.stringContaining('was cancelled') });
});

it('is cancelled in the middle: the remaining customers and the keys stay', async () => {
  const ref = await request(1_100);
  await schedule({ wait: 0, most: 3 });
  while ((await left(ref)) === 1_100) await world.as('worker', redactShopStep);
  expect(await cancel(ref)).toEqual({ hadBegun: true });
  expect(await work()).toEqual([]);
  expect(await left(ref)).toBe(600);
  expect(await world.rows('merchant_keys', ref.merchantId)).toMatchObject([{ destroyed_at: null }]);
});

it('refuses to cancel or confirm other requests', async () => {
  const [other, done] = [await request(1, 'data_request'), await request()];
  await schedule({ wait: 0, most: 3 });
  await work();
  const waiting = await request();
  // Started only when awaited: an unhandled rejection would fail the test.
  const refusals: [() => Promise<unknown>, string][] = [
    [() => cancel(other), 'it is a data_request'],
    [() => cancel(done), 'it is done'],
    [() => confirm(done), 'it is done'],
    [() => cancel({ ...done, merchantId: aMerchantId() }), 'not found'],
    [() => confirm(waiting), 'it is not held'],
  ];
  for (const [refused, why] of refusals) {
    await expect(refused()).rejects.toMatchObject({ message: expect.stringContaining(why) });
  }
});

it('holds all requests of a burst, including its first ones, until each is confirmed', async () => {
  const first = [await request(), await request(), await request()];
  expect((await schedule({ wait: 0, most: 3 })).held).toEqual([]);
  const last = await request();
  const all = [...first, last];
  const { held } = await schedule({ wait: 0, most: 3 });
  expect(ids(held)).toEqual(ids(all));
  expect(await work()).toEqual([]);
  expect(await readPrivacyFigures(poolReader(world.pools.worker))).toMatchObject({
    shopsWaiting: 0,
    shopsHeld: 4,
  });
  expect(await requestOf(first[0]!)).toMatchObject({ held: true });
  expect(await auditOf(last)).toContainEqual({
    action: 'privacy.hold',
    detail: { request_id: last.requestId },
  });
  const list = await world.as('worker', (tx) => listPrivacyRequests(tx, { kind: 'shop_redact' }));
  expect(list).toHaveLength(4);
  for (const { dueAt, receivedAt } of list) {
    expect(dueAt.getTime() - receivedAt.getTime()).toBe(30 * 86_400_000);
  }

  await confirm(first[1]!);
  expect(await work()).toEqual([first[1]!.requestId]);
  await cancel(last);
  // A confirmed or cancelled request counts, and is not held again.
  const next = await request();
  expect(ids((await schedule({ wait: 0, most: 3 })).held)).toEqual([next.requestId]);
  expect(await work()).toEqual([]);
});

it('stops a started redaction when a burst follows, and continues it after its confirmation', async () => {
  const begun = await request(1_100);
  await schedule({ wait: 0, most: 3 });
  while ((await left(begun)) === 1_100) await world.as('worker', redactShopStep);
  for (let n = 0; n < 3; n++) await request();
  await schedule({ wait: 0, most: 3 });
  expect(await work()).toEqual([]);
  expect(await left(begun)).toBe(600);
  await confirm(begun);
  expect(await work()).toEqual([begun.requestId]);
  expect(await left(begun)).toBe(0);
});

it('accepts the permitted number within any hour, and holds only requests of an hour with more', async () => {
  const old = [await request(), await request(), await request()];
  for (const ref of old) await received(ref, '61 minutes');
  const fresh = [await request(), await request()];
  expect((await schedule({ wait: 0, most: 3 })).held).toEqual([]);
  await received(old[0]!, '59 minutes');
  const fourth = await request();
  // The four of the last hour are held; the two older ones have fewer than four others in any hour.
  await received(old[1]!, '130 minutes');
  await received(old[2]!, '130 minutes');
  expect(ids((await schedule({ wait: 0, most: 3 })).held)).toEqual(ids([old[0]!, ...fresh, fourth]));
  expect((await work()).sort()).toEqual(ids([old[1]!, old[2]!]));
});

it('holds every request when none is permitted', async () => {
  const ref = await request();
  expect(ids((await schedule({ wait: 0, most: 0 })).held)).toEqual([ref.requestId]);
});

it('continues at once a scheduled redaction that has started, but not one that only claims to have started', async () => {
  const [started, claimed] = [await request(), await request()];
  const begun = ({ requestId }: Ref) =>
    world.owner.query(`update privacy_requests set receipt = '{"whole": true}' where request_id = $1`, [
      requestId,
    ]);
  await begun(started);
  await world.owner.query('update privacy_requests set not_before = received_at where request_id = $1', [
    started.requestId,
  ]);
  await begun(claimed);
  expect(ids((await schedule()).scheduled)).toEqual([claimed.requestId]);
  expect(await work()).toEqual([started.requestId]);
  expect(await left(claimed)).toBe(1);
});

describe('a worker of the previous build, which does not know the columns', () => {
  const step = ({ merchantId, requestId }: Ref) =>
    world.pools.worker.query(
      'update privacy_requests set receipt = $3 where merchant_id = $1 and request_id = $2',
      [merchantId, requestId, '{"whole": true}'],
    );
  const complete = ({ merchantId, requestId }: Ref) =>
    world.pools.worker.query(
      `update privacy_requests set receipt = '{}', completed_at = now() where merchant_id = $1 and request_id = $2`,
      [merchantId, requestId],
    );

  it('commits no step of a waiting, held or cancelled redaction', async () => {
    const [unseen, waiting, held, cancelled] = [
      await request(),
      await request(),
      await request(),
      await request(),
    ];
    await step(unseen);
    await schedule({ wait: 3_600, most: 1_000 });
    await world.owner.query('update privacy_requests set not_before = now() where request_id = any($1)', [
      [held.requestId, cancelled.requestId],
    ]);
    await world.owner.query('update privacy_requests set held_at = now() where request_id = $1', [
      held.requestId,
    ]);
    await cancel(cancelled);
    for (const ref of [waiting, held, cancelled]) {
      for (const act of [step, complete]) await expect(act(ref)).rejects.toMatchObject({ code: '55000' });
    }
    await confirm(held);
    await step(held);
    await complete(held);
  });
});
