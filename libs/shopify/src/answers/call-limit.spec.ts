import { parseCallLimit } from './call-limit.ts';

describe('parseCallLimit', () => {
  it.each([
    ['standard', '32/40', { available: 8, maximum: 40, restoreRate: 2 }],
    ['Advanced', '1/80', { available: 79, maximum: 80, restoreRate: 4 }],
    ['Plus', '0/400', { available: 400, maximum: 400, restoreRate: 20 }],
    ['Enterprise', ' 800 / 800 ', { available: 0, maximum: 800, restoreRate: 40 }],
    ['an overfull bucket', '41/40', { available: 0, maximum: 40, restoreRate: 2 }],
  ])('%s', (_plan, header, figures) => {
    expect(parseCallLimit(header)).toEqual({ requested: 1, ...figures });
  });

  it.each([[null], [''], ['32'], ['a/b'], ['1/0'], ['-1/40'], ['1/40/2']])(
    'returns null for %p',
    (header) => {
      expect(parseCallLimit(header)).toBeNull();
    },
  );
});
