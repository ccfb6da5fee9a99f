import { createPlanTierCache } from './plan-tier-cache.ts';

const cost = (restoreRate: number) => ({
  requested: 1,
  available: 1,
  maximum: 20 * restoreRate,
  restoreRate,
});

describe('createPlanTierCache', () => {
  it.each([
    ['rest', 2, 'standard'],
    ['rest', 4, 'advanced'],
    ['rest', 20, 'plus'],
    ['rest', 40, 'enterprise'],
    ['graphql', 50, 'standard'],
    ['graphql', 100, 'standard'],
    ['graphql', 200, 'advanced'],
    ['graphql', 1_000, 'plus'],
    ['graphql', 2_000, 'enterprise'],
  ] as const)('%s at %d a second: %s', (api, rate, tier) => {
    const cache = createPlanTierCache();
    expect(cache.of('a')).toBe('unknown');
    cache.learn('a', api, cost(rate));
    expect(cache.of('a')).toBe(tier);
    expect(cache.of('b')).toBe('unknown');
  });
});
