import { parseCallLimit, parseProcessing } from './limiter-figures.ts';

describe('parseCallLimit', () => {
  it.each([
    ['standard', '32/40', { available: 8, maximum: 40, restoreRate: 2 }],
    ['Advanced', '1/80', { available: 79, maximum: 80, restoreRate: 4 }],
    ['Plus', '0/400', { available: 400, maximum: 400, restoreRate: 20 }],
    ['Enterprise', ' 800 / 800 ', { available: 0, maximum: 800, restoreRate: 40 }],
    ['over its rim', '41/40', { available: 0, maximum: 40, restoreRate: 2 }],
  ])('%s', (_plan, header, figures) => {
    expect(parseCallLimit(header)).toEqual({ requested: 1, ...figures });
  });

  it.each([[null], [''], ['32'], ['a/b'], ['1/0'], ['-1/40'], ['1/40/2']])('%p is nothing', (header) => {
    expect(parseCallLimit(header)).toBeNull();
  });
});

describe('parseProcessing', () => {
  it.each([
    ['processing;dur=48, graphql;desc="admin/query/other", cfRequestDuration;dur=104.000092', 48],
    ['processing;dur=204;desc="gc:50", db;dur=30', 204],
    ['db;dur=30, processing;desc="gc:50";dur=20.9', 20],
    ['cfRequestDuration;dur=104', 0],
    ['preprocessing;dur=9', 0],
    ['', 0],
    [null, 0],
  ])('%p: %p ms', (header, ms) => {
    expect(parseProcessing(header)).toBe(ms);
  });
});
