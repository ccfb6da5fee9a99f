import { create } from '@bufbuild/protobuf';
import { GetRfmDistributionResponseSchema, RfmCellCountSchema } from '@core/contracts/web';
import { besideShopify, colorStep, countOf, countOfCell, shareOf } from './counts.ts';

const NOTHING = { segment: undefined, recency: undefined, frequency: undefined, monetary: undefined };

it('computes shares, also of nothing and of more customers than a number holds exactly', () => {
  expect([shareOf(1n, 4n), shareOf(0n, 4n), shareOf(0n, 0n)]).toEqual([0.25, 0, 0]);
  expect(shareOf(2n ** 62n, 2n ** 63n)).toBe(0.5);
});

it.each([
  [0n, 100n, 0],
  [1n, 100n, 1],
  [4n, 100n, 1],
  [5n, 100n, 2],
  [36n, 100n, 3],
  [37n, 100n, 4],
  [64n, 100n, 4],
  [65n, 100n, 5],
  [100n, 100n, 5],
  [1n, 1_000_000n, 1],
  [0n, 0n, 0],
])('colors %d of at most %d customers by step %d', (count, largest, step) =>
  expect(colorStep(count, largest)).toBe(step),
);

describe('counts', () => {
  const cell = (recency: number, frequency: number, customersByMonetary: bigint[]) =>
    create(RfmCellCountSchema, {
      recency,
      frequency,
      customersByMonetary,
      customers: customersByMonetary.reduce((sum, count) => sum + count, 0n),
    });
  const distribution = create(GetRfmDistributionResponseSchema, {
    segments: [
      { segment: 'LOYAL', customers: 9n },
      { segment: 'Our own', customers: 6n },
    ],
    cells: [
      cell(1, 1, [1n, 0n, 0n, 0n, 2n]),
      cell(1, 5, [4n, 0n, 0n, 0n, 0n]),
      cell(5, 5, [0n, 0n, 0n, 0n, 8n]),
    ],
    shopifyRfmGroups: [
      { group: 'DORMANT', customers: 7n },
      { group: 'LOYAL', customers: 5n },
    ],
  });

  it('of a cell are those of all monetary scores, or of one', () => {
    const [first] = distribution.cells;
    expect([undefined, 1, 2, 5].map((monetary) => countOfCell(first, monetary))).toEqual([3n, 1n, 0n, 2n]);
    expect(countOfCell(undefined, 3)).toBe(0n);
  });

  it.each([
    [{ segment: 'LOYAL' }, 9n],
    [{ segment: 'NEW' }, 0n],
    [{ recency: 1 }, 7n],
    [{ recency: 1, frequency: 5 }, 4n],
    [{ frequency: 5, monetary: 5 }, 8n],
    [{ segment: 'LOYAL', recency: 1 }, undefined],
    [{ segment: 'LOYAL', monetary: 1 }, undefined],
  ])('of the selection %j are %s', (selection, count) =>
    expect(countOf({ ...NOTHING, ...selection }, distribution)).toBe(count),
  );

  it('stand beside those of Shopify by name', () =>
    expect(besideShopify(distribution)).toEqual([
      { name: 'LOYAL', ours: 9n, shopify: 5n },
      { name: 'Our own', ours: 6n, shopify: 0n },
      { name: 'DORMANT', ours: 0n, shopify: 7n },
    ]));
});
