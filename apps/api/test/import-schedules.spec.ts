import { timestampDate } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { ImportMode, ImportService } from '@core/contracts';
import { DEV_ACCESS_TOKEN } from '@core/shopify-stand-in';
import { auditOf, failure, merchant, openApi, type TestApi } from './support.ts';

const imports = ImportService.method;
let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api?.stop());

let shops = 0;
const connected = async (merchantId = merchant()) => {
  const shop = `nightly-${++shops}.myshopify.com`;
  await api.rpc.unary(imports.connectShop, { merchantId, shop, accessToken: DEV_ACCESS_TOKEN });
  return { merchantId, shop };
};
const nightly = { cron: '0 3 * * *', timeZone: 'Europe/Berlin' };

it('sets, replaces, lists and deletes schedules', async () => {
  const one = await connected();
  const two = await connected(one.merchantId);
  const { schedule } = await api.rpc.unary(imports.setImportSchedule, { ...one, ...nightly });
  expect(schedule).toMatchObject({
    ...one,
    ...nightly,
    mode: ImportMode.DELTA,
    enabled: true,
    lastImportId: '',
    lastError: '',
  });
  const next = timestampDate(schedule!.nextAt!);
  expect(next.getTime()).toBeGreaterThan(Date.now());
  expect(next.toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' })).toBe('03:00:00');

  const firings = schedule!.nextFireTimes.map((at) => timestampDate(at));
  expect(firings[0]).toEqual(next);
  expect(firings.map((at) => at.toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' }))).toEqual(
    Array(3).fill('03:00:00'),
  );
  expect(new Set(firings.map(Number)).size).toBe(3);

  await api.rpc.unary(imports.setImportSchedule, { ...two, cron: ' 5 4  * * 1 ', mode: ImportMode.FULL });
  await api.rpc.unary(imports.setImportSchedule, { ...one, ...nightly, enabled: false });
  const listed = async () =>
    (await api.rpc.unary(imports.listImportSchedules, { merchantId: one.merchantId })).schedules;
  const both = await listed();
  expect(both[0]?.nextAt).toBeUndefined();
  expect(both.map(({ nextFireTimes }) => nextFireTimes.length)).toEqual([0, 3]);
  expect(both).toMatchObject([
    { shop: one.shop, enabled: false },
    { shop: two.shop, cron: '5 4 * * 1', timeZone: 'UTC', mode: ImportMode.FULL, enabled: true },
  ]);

  await api.rpc.unary(imports.deleteImportSchedule, one);
  expect((await listed()).map(({ shop }) => shop)).toEqual([two.shop]);
  const again = await failure(api.rpc.unary(imports.deleteImportSchedule, one));
  expect(again).toEqual({ code: status.NOT_FOUND, details: 'schedule not found' });
  expect(
    (await auditOf(api.owner, one.merchantId)).filter((action) => action.startsWith('schedule')),
  ).toEqual(['schedule.set', 'schedule.set', 'schedule.set', 'schedule.delete']);
});

it('neither lists nor deletes schedules of another merchant', async () => {
  const { merchantId, shop } = await connected();
  await api.rpc.unary(imports.setImportSchedule, { merchantId, shop, ...nightly });
  const other = merchant();
  expect((await api.rpc.unary(imports.listImportSchedules, { merchantId: other })).schedules).toEqual([]);
  const refused = await failure(api.rpc.unary(imports.deleteImportSchedule, { merchantId: other, shop }));
  expect(refused.code).toBe(status.NOT_FOUND);
  const set = failure(api.rpc.unary(imports.setImportSchedule, { merchantId: other, shop, ...nightly }));
  expect(await set).toEqual({
    code: status.FAILED_PRECONDITION,
    details: `shop: ${shop} is not connected; install the app in it, or call ConnectShop`,
  });
});

it.each([
  [{ cron: '' }, /^cron: must be five fields/],
  [{ cron: '0 0 3 * * *' }, /^cron: must be five fields/],
  [{ cron: '0 3 * * 8' }, /^cron: the day of the week must be distinct values from 0 to 7 or sun to sat/],
  [{ cron: `0 ${'0-'.repeat(50)} * * *` }, /^cron: the hour must be distinct values from 0 to 23/],
  [{ cron: '*/5 * * * *' }, /^cron: must not run more often than hourly/],
  [{ timeZone: 'Europe/Atlantis' }, /^time_zone: must be an IANA time zone/],
  [{ timeZone: '+01:00' }, /^time_zone: /],
  [{ shop: 'example.com' }, /^shop: /],
  [{ mode: 9 as ImportMode }, /^mode: /],
])('refuses %j, naming the field', async (wrong, message) => {
  const request = { merchantId: merchant(), shop: 'a.myshopify.com', ...nightly, ...wrong };
  const refusal = await failure(api.rpc.unary(imports.setImportSchedule, request));
  expect(refusal.code).toBe(status.INVALID_ARGUMENT);
  expect(refusal.details).toMatch(message);
});
