import { lastAt, nextAt } from './firings.ts';
import { checkCron, checkTimeZone } from './schedule-times.ts';

const refusal = (cron: string): string => {
  try {
    return `accepted ${checkCron(cron)}`;
  } catch (error) {
    return (error as Error).message;
  }
};

it.each([
  ['0 3 * * *', '0 3 * * *'],
  ['  30\t*/2 1-15 jan,JUL Mon-Fri ', '30 */2 1-15 jan,JUL Mon-Fri'],
  ['59 * * * *', '59 * * * *'],
  ['00 03-05/2,7 1/10 1-JUN/2,dec 0,5-6,mon', '00 03-05/2,7 1/10 1-JUN/2,dec 0,5-6,mon'],
  ['0 */24 31 dec 7', '0 */24 31 dec 7'],
])('accepts %j', (cron, canonical) => expect(checkCron(cron)).toBe(canonical));

it.each(['', '0 3 * *', '0 0 3 * * *', '@daily', '0 3 * * *; drop', '0-'.repeat(50)])('refuses %j', (cron) =>
  expect(() => checkCron(cron)).toThrow(/^cron: must be five fields of cron/),
);

it.each([
  [
    'minute',
    'must be distinct values from 0 to 59',
    ['60', '-1', 'H', '?', '*/0', '1,1', '*,*', '0x1', '1.5', '000', 'jan'],
  ],
  [
    'hour',
    'must be distinct values from 0 to 23',
    [
      '24',
      '1-',
      '-1',
      '5-1',
      '1//2',
      '1/2/3',
      ',',
      '1,,2',
      ',1',
      '1,',
      '0-0-0',
      '0-0-',
      '1-2-3',
      '1*',
      '*1',
      '**',
      '*-3',
      '*/',
      '/2',
      '3/0',
      '1/-2',
      '-',
      '--',
      '+1',
      '1-24',
      'mon',
      '٣',
      '0-'.repeat(50),
    ],
  ],
  ['day of the month', 'must be distinct values from 1 to 31', ['0', '32', 'L', '15W', '1-32', '31-1']],
  [
    'month',
    'must be distinct values from 1 to 12 or jan to dec',
    ['0', '13', 'foo', 'mon', 'janfeb', '1jan', 'jan1', 'dec-feb', 'jan,jan', 'jan-', 'january'],
  ],
  [
    'day of the week',
    'must be distinct values from 0 to 7 or sun to sat',
    ['8', 'jan', 'mon#1', 'monL', '5L', 'fri-mon', 'sun-sat-', '6-8'],
  ],
] as const)('refuses a malformed %s', (name, expectation, texts) => {
  const at = ['minute', 'hour', 'day of the month', 'month', 'day of the week'].indexOf(name);
  for (const text of texts) {
    const cron = ['0', '3', '*', '*', '*'].with(at, text).join(' ');
    expect([text, refusal(cron)]).toEqual([
      text,
      expect.stringContaining(`cron: the ${name} ${expectation}, `),
    ]);
  }
});

it('refuses a day that its month never has', () =>
  expect(refusal('0 3 31 2 *')).toBe('cron: must name a day that occurs in one of its months'));

// The parser alone would search for two seconds each time the next firing is computed.
it.each(['0 3 31 2,4 *', '0 3 31 4,6,9,11 *', '0 3 30,31 2-2,2 *'])(
  'refuses %j, which never fires',
  (cron) => {
    expect(() => checkCron(cron)).toThrow(/^cron: (?:the month )?must /);
    const begun = performance.now();
    expect(nextAt({ cron, timeZone: 'Europe/Berlin' }, new Date())).toBeNull();
    expect(lastAt({ cron, timeZone: 'Europe/Berlin' }, new Date())).toBeNull();
    expect(performance.now() - begun).toBeLessThan(500);
  },
);

it.each(['0 3 31 2,3 *', '0 3 29 2 *', '0 3 31 2,4 1', '0 3 30-31 4 *'])(
  'accepts %j, which fires',
  (cron) => {
    expect(checkCron(cron)).toBe(cron);
    expect(nextAt({ cron, timeZone: 'UTC' }, new Date())).toBeInstanceOf(Date);
  },
);

it.each([
  ['60 digits', `${'0'.repeat(60)}x 3 * * *`],
  ['a number of three digits', '000 3 * * *'],
  ['a long step', `0 */${'9'.repeat(180)} * * *`],
  ['a list that is too long', `0 ${'1,'.repeat(130)}1 * * *`],
])('refuses %s', (_what, cron) =>
  expect(() => checkCron(cron)).toThrow(/^cron: (must have at most 255|the (minute|hour) must be )/),
);

it('accepts the longest list without repeated values', () => {
  const to = (n: number, from = 0) => Array.from({ length: n }, (_, i) => from + i).join();
  const cron = `0 ${to(24)} ${to(31, 1)} ${to(12, 1)} ${to(7)}`;
  expect(checkCron(cron)).toBe(cron);
});

it.each(['* * * * *', '*/30 * * * *', '0,59 3 * * *', '0-1 3 1 1 *'])('refuses %j as too frequent', (cron) =>
  expect(() => checkCron(cron)).toThrow('cron: must not run more often than hourly'),
);

it.each([
  ['', 'UTC'],
  ['europe/berlin', 'Europe/Berlin'],
  ['America/Argentina/Buenos_Aires', expect.stringMatching(/Buenos_Aires$/)],
])('accepts the zone %j', (zone, name) => expect(checkTimeZone(zone)).toEqual(name));

it.each(['+02:00', 'Europe/Atlantis', 'Berlin time', '../etc/passwd'])('refuses the zone %j', (zone) =>
  expect(() => checkTimeZone(zone)).toThrow('time_zone: must be an IANA time zone'),
);
