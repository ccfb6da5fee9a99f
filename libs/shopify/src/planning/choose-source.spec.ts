import { chooseSource } from './choose-source.ts';

const settings = { asked: 'auto', count: 5_000, restEntitled: false, bulkFrom: 10_000 } as const;

describe('chooseSource', () => {
  it.each([
    [{}, { source: 'graphql', slices: 16 }],
    [{ count: 0 }, { source: 'graphql', slices: 16 }],
    [{ count: 9_999 }, { source: 'graphql', slices: 16 }],
    [{ count: 10_000 }, { source: 'bulk', slices: 1 }],
    [{ count: 60_000 }, { source: 'bulk', slices: 3 }],
    [{ count: 9_000_000 }, { source: 'bulk', slices: 5 }],
    [{ restEntitled: true }, { source: 'graphql', slices: 16 }],
    [
      { asked: 'rest', restEntitled: true, count: 500_000 },
      { source: 'rest', slices: 16 },
    ],
    [
      { asked: 'graphql', count: 500_000 },
      { source: 'graphql', slices: 16 },
    ],
    [
      { asked: 'bulk', count: 0 },
      { source: 'bulk', slices: 1 },
    ],
  ] as const)('chooses for %p: %p', (change, choice) => {
    expect(chooseSource({ ...settings, ...change })).toEqual(choice);
  });

  it('refuses REST for an app that may not use it', () => {
    expect(() => chooseSource({ ...settings, asked: 'rest' })).toThrow(/may not use Shopify's REST/);
  });
});
