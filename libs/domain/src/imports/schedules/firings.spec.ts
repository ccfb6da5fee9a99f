import { lastAt, nextAt, nextFirings } from './firings.ts';

/** Returns the next firings, and checks that lastAt finds each one at its own time. */
function firings(cron: string, timeZone: string, from: string, count: number): string[] {
  const times = { cron, timeZone };
  const found: string[] = [];
  for (let at: Date | null = new Date(from); found.length < count;) {
    const next: Date | null = nextAt(times, at);
    if (!next) break;
    const iso = next.toISOString();
    expect(lastAt(times, next)?.toISOString()).toBe(iso);
    if (found.length > 0)
      expect(lastAt(times, new Date(next.getTime() - 1))?.toISOString()).toBe(found.at(-1));
    found.push(iso);
    at = next;
  }
  return found.map((iso) => iso.replace(':00.000Z', ''));
}

it.each([
  // Skipped: 2:00 to 3:00 on 28 March.
  ['30 2 * * *', 'Europe/Berlin', '2027-03-27T12:00Z', ['2027-03-28T01:00', '2027-03-29T00:30']],
  // Repeated: 2:00 to 3:00 on 25 October.
  ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', ['2026-10-25T00:30', '2026-10-26T01:30']],
  // Midnight is skipped.
  ['0 0 * * *', 'America/Santiago', '2027-09-04T12:00Z', ['2027-09-05T04:00', '2027-09-06T03:00']],
  ['0 0 * * *', 'Africa/Cairo', '2027-04-29T12:00Z', ['2027-04-29T22:00', '2027-04-30T21:00']],
  // The hour before midnight is repeated.
  ['30 23 * * *', 'America/Santiago', '2027-04-03T12:00Z', ['2027-04-04T02:30', '2027-04-05T03:30']],
  // Half an hour is skipped or repeated.
  ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', ['2026-10-03T15:30', '2026-10-04T15:15']],
  ['45 1 * * *', 'Australia/Lord_Howe', '2027-04-03T00:00Z', ['2027-04-03T14:45', '2027-04-04T15:15']],
  // A day that the zone skipped.
  ['0 5 30 12 *', 'Pacific/Apia', '2011-12-01T00:00Z', ['2011-12-30T10:00', '2012-12-29T15:00']],
  // Two local times at one instant: the skipped one and the end of the gap.
  ['0 * * * *', 'Europe/Berlin', '2027-03-28T00:00Z', ['2027-03-28T01:00', '2027-03-28T02:00']],
  // 1:59, and a minute later the skipped 2:59.
  ['59 * * * *', 'Europe/Berlin', '2027-03-28T00:00Z', ['2027-03-28T00:59', '2027-03-28T01:00']],
  ['59 * * * *', 'Europe/Berlin', '2026-10-24T23:00Z', ['2026-10-24T23:59', '2026-10-25T00:59']],
  ['59 * * * *', 'Europe/Berlin', '2026-10-25T00:59Z', ['2026-10-25T02:59', '2026-10-25T03:59']],
  // 2100 is not a leap year.
  ['0 3 29 2 *', 'UTC', '2096-03-01T00:00Z', ['2104-02-29T03:00', '2108-02-29T03:00']],
  // A match of either day is enough, and 7 is Sunday.
  ['0 3 13 * 5', 'UTC', '2026-11-07T00:00Z', ['2026-11-13T03:00', '2026-11-20T03:00']],
  ['0 3 12 * 5', 'UTC', '2026-11-07T00:00Z', ['2026-11-12T03:00', '2026-11-13T03:00']],
  ['0 3 * * 7', 'UTC', '2026-11-07T00:00Z', ['2026-11-08T03:00', '2026-11-15T03:00']],
])('computes that %s in %s fires after %s at %j', (cron, timeZone, from, expected) =>
  expect(firings(cron, timeZone, from, expected.length)).toEqual(expected),
);

it('returns null for an unknown time zone and for an invalid expression', () => {
  const at = new Date('2026-11-07T00:00Z');
  expect(nextAt({ cron: '0 3 * * *', timeZone: 'Europe/Atlantis' }, at)).toBeNull();
  expect(lastAt({ cron: '0 3 * * *', timeZone: 'Europe/Atlantis' }, at)).toBeNull();
  expect(nextAt({ cron: 'nightly', timeZone: 'UTC' }, at)).toBeNull();
});

it('lists the next firings, which are those that nextAt returns one by one', () => {
  const times = { cron: '0 1,2,3 28 3 *', timeZone: 'Europe/Berlin' };
  const from = new Date('2027-03-28T00:00Z');
  // 2:00 is skipped, and occurs at the same instant as 3:00.
  expect(nextFirings(times, from, 3).map((at) => at.toISOString())).toEqual([
    '2027-03-28T01:00:00.000Z',
    '2028-03-27T23:00:00.000Z',
    '2028-03-28T00:00:00.000Z',
  ]);
  expect(nextFirings({ ...times, timeZone: 'Europe/Atlantis' }, from, 3)).toEqual([]);
});
