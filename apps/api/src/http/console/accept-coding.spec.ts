import { acceptCoding } from './accept-coding.ts';

it.each([
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['GZIP;q=0.5', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['br;q=0.000, gzip;q=0', undefined],
  ['*', 'br'],
  ['*, br;q=0', 'gzip'],
  ['identity', undefined],
  ['', undefined],
  [undefined, undefined],
])('answers %s with %s', (header, coding) => expect(acceptCoding(header, () => true)).toBe(coding));

it('chooses only what the build has written', () => {
  expect(acceptCoding('br, gzip', (coding) => coding === 'gzip')).toBe('gzip');
  expect(acceptCoding('br, gzip', () => false)).toBeUndefined();
});
