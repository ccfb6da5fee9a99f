import { readPageJob, readScheduleJob } from './read-job.ts';

const uuid = '018f4e1c-0000-7000-8000-00000000000a';
const page = { merchantId: uuid, importId: uuid, slice: 0, fence: 1, page: 3 };
const schedule = { merchantId: uuid, shop: 'a.myshopify.com' };
const long = 'ada@example.com'.repeat(200_000);

it('reads the importers’ jobs, and drops unknown fields', () => {
  expect(readPageJob('pages', { ...page, email: 'ada@example.com' })).toEqual(page);
  expect(readScheduleJob('schedules', schedule)).toEqual(schedule);
});

it.each<unknown>([
  ...[undefined, null, 7, 'text', [], {}, long],
  { ...page, merchantId: long },
  { ...page, importId: `${uuid}'; drop table customers` },
  { ...page, slice: '0' },
  { ...page, fence: -1 },
  { ...page, page: 1e300 },
  { ...page, page: 0.5 },
  { ...schedule, shop: long },
  { ...schedule, shop: `evil.example/${schedule.shop}` },
])('refuses %.60p and reports only its length', (data) => {
  for (const read of [readPageJob, readScheduleJob]) {
    let message = '';
    try {
      read('a-queue', data);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toBe(
      `a job of a-queue was not made by the importer; its value has ${JSON.stringify(data)?.length ?? 0} characters`,
    );
  }
});
