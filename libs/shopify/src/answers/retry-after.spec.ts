import { parseRetryAfter } from './retry-after.ts';

const NOW = Date.parse('2026-11-02T03:04:05Z');

describe('parseRetryAfter', () => {
  it.each([
    ['2.0', 2_000],
    ['2', 2_000],
    ['0.35', 350],
    ['0', 0],
    [' 1.5 ', 1_500],
    ['99999', 300_000],
    ['Mon, 02 Nov 2026 03:04:15 GMT', 10_000],
    ['Mon, 02 Nov 2026 03:04:00 GMT', 0],
    ['-1', null],
    ['soon', null],
    ['', null],
    [null, null],
  ])('%p is %p ms', (header, ms) => {
    expect(parseRetryAfter(header, NOW)).toBe(ms);
  });
});
