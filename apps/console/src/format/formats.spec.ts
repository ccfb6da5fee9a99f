import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { createFormats, partsOf, placeOf } from './formats.ts';

const berlin = createFormats({ locale: 'de-DE', timeZone: 'Europe/Berlin' });
const tokyo = createFormats({ locale: 'en-US', timeZone: 'Asia/Tokyo' });
const at = timestampFromDate(new Date('2026-11-30T17:05:00Z'));
const plain = (text: string) => text.replaceAll(/\s/g, ' ');

it('writes numbers in the language of the place', () => {
  expect(berlin.number(1_234_567n)).toBe('1.234.567');
  expect(tokyo.number(1_234_567)).toBe('1,234,567');
  expect([99_999, 123_456, 1_234_567n].map(tokyo.short)).toEqual(['99,999', '123.5K', '1.2M']);
  expect(plain(berlin.percent(0.256))).toBe('26 %');
});

it('writes times by the clock of the place', () => {
  expect(plain(berlin.dateTime(at))).toBe('30.11.2026, 18:05');
  expect(plain(tokyo.dateTime(at))).toBe('Dec 1, 2026, 2:05 AM');
  expect(plain(tokyo.date(at))).toBe('Dec 1, 2026');
});

it.each([
  [0, 'now'],
  [45, '45 seconds ago'],
  [119, '1 minute ago'],
  [7_300, '2 hours ago'],
  [86_400, 'yesterday'],
  [-50, 'now'],
])('says that %s seconds ago is "%s"', (seconds, words) =>
  expect(tokyo.ago(at, Date.parse('2026-11-30T17:05:00Z') + seconds * 1_000)).toBe(words),
);

it.each([
  [0, [['second', 0]]],
  [59.4, [['second', 59]]],
  [60, [['minute', 1]]],
  [
    250,
    [
      ['minute', 4],
      ['second', 10],
    ],
  ],
  [
    90_061,
    [
      ['day', 1],
      ['hour', 1],
    ],
  ],
  [86_460, [['day', 1]]],
  [-3, [['second', 0]]],
])('splits %s seconds', (seconds, parts) => expect(partsOf(seconds)).toEqual(parts));

it('takes the language of the shop, else of the browser', () => {
  expect(placeOf('fr', { language: 'de' }).locale).toBe('fr');
  expect(placeOf(undefined, { language: 'de' }).locale).toBe('de');
  expect(placeOf(undefined, { language: '' }).locale).toBe('en');
  expect(placeOf(undefined, { language: 'en-US@posix' }).locale).toBe('en');
});
