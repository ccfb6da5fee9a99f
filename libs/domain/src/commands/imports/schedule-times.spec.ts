import { checkCron, checkTimeZone, lastAt, nextAt } from './schedule-times.ts';

it.each([
  ['0 3 * * *', '0 3 * * *'],
  ['  30\t*/2 1-15 jan,JUL Mon-Fri ', '30 */2 1-15 jan,JUL Mon-Fri'],
  ['59 * * * *', '59 * * * *'],
])('takes %j', (cron, canonical) => expect(checkCron(cron)).toBe(canonical));

it.each([
  '',
  '0 3 * *',
  '0 0 3 * * *',
  '@daily',
  'H 3 * * *',
  '0 3 L * *',
  '60 3 * * *',
  '0 24 * * *',
  '0 3 * foo *',
  '0 3 5-1 * *',
  '0 3 31 2 *',
  '0 3 * * *; drop',
])('refuses %j', (cron) => expect(() => checkCron(cron)).toThrow(/^cron: must be five fields of cron/));

// The parser alone searches for two seconds each time that the next firing is computed.
it.each(['0 3 31 2,4 *', '0 3 31 4,6,9,11 *', '0 3 30,31 2-2,2 *'])(
  'refuses %j, which never comes',
  (cron) => {
    expect(() => checkCron(cron)).toThrow(/^cron: must /);
    const begun = performance.now();
    expect(nextAt({ cron, timeZone: 'Europe/Berlin' }, new Date())).toBeNull();
    expect(lastAt({ cron, timeZone: 'Europe/Berlin' }, new Date())).toBeNull();
    expect(performance.now() - begun).toBeLessThan(500);
  },
);

it.each(['0 3 31 2,3 *', '0 3 29 2 *', '0 3 31 2,4 1', '0 3 30-31 4 *'])('takes %j, which comes', (cron) => {
  expect(checkCron(cron)).toBe(cron);
  expect(nextAt({ cron, timeZone: 'UTC' }, new Date())).toBeInstanceOf(Date);
});

it.each([
  ['60 digits', `${'0'.repeat(60)}x 3 * * *`],
  ['a number of three digits', '000 3 * * *'],
  ['a long step', `0 */${'9'.repeat(180)} * * *`],
  ['a list that is too long', `0 ${'1,'.repeat(130)}1 * * *`],
])('refuses %s', (_what, cron) =>
  expect(() => checkCron(cron)).toThrow(/^cron: must (be five|have at most 255)/),
);

it('takes the longest list that says something', () => {
  const to = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i).join();
  const cron = `0 ${to(24)} ${to(31, 1)} ${to(12, 1)} ${to(7)}`;
  expect(checkCron(cron)).toBe(cron);
});

it.each(['* * * * *', '*/30 * * * *', '0,59 3 * * *', '0-1 3 1 1 *'])('finds %j too frequent', (cron) =>
  expect(() => checkCron(cron)).toThrow('cron: must not come more often than hourly'),
);

it.each([
  ['', 'UTC'],
  ['europe/berlin', 'Europe/Berlin'],
  ['America/Argentina/Buenos_Aires', expect.stringMatching(/Buenos_Aires$/)],
])('takes the zone %j', (zone, name) => expect(checkTimeZone(zone)).toEqual(name));

it.each(['+02:00', 'Europe/Atlantis', 'Berlin time', '../etc/passwd'])('refuses the zone %j', (zone) =>
  expect(() => checkTimeZone(zone)).toThrow('time_zone: must be an IANA time zone'),
);

it('knows the firings around a moment, in the zone and over its changes of the clock', () => {
  const nightly = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
  const at = new Date('2026-01-10T12:00:00Z');
  expect(nextAt(nightly, at)?.toISOString()).toBe('2026-01-11T01:30:00.000Z');
  expect(lastAt(nightly, at)?.toISOString()).toBe('2026-01-10T01:30:00.000Z');
  expect(nextAt(nightly, new Date('2026-07-10T12:00:00Z'))?.toISOString()).toBe('2026-07-11T00:30:00.000Z');
  // 2:30 does not exist on 29 March: it comes all the same, once.
  const spring = nextAt(nightly, new Date('2026-03-28T12:00:00Z'));
  expect(spring?.toISOString().slice(0, 10)).toBe('2026-03-29');
  expect(nextAt(nightly, spring!)?.toISOString()).toBe('2026-03-30T00:30:00.000Z');
});
