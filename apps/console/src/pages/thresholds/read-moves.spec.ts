import { create } from '@bufbuild/protobuf';
import { SegmentMoveSchema } from '@core/contracts/web';
import { readMoves } from './read-moves.ts';

it('separates the customers who stay from those who leave', () => {
  const moves = [
    ['A', 'A', 5n],
    ['A', 'B', 3n],
    ['C', 'A', 2n],
  ] as const;
  const { leaving, left, stayed } = readMoves(
    moves.map(([fromSegment, toSegment, customers]) =>
      create(SegmentMoveSchema, { fromSegment, toSegment, customers }),
    ),
  );
  expect(leaving.map(({ fromSegment }) => fromSegment)).toEqual(['A', 'C']);
  expect([left, stayed]).toEqual([5n, 5n]);
});
