import type { SegmentMove } from '@core/contracts/web';

export interface ReadMoves {
  /** Those that leave their segment, the largest move first. */
  leaving: readonly SegmentMove[];
  left: bigint;
  stayed: bigint;
}

/** Splits the moves into those that leave their segment and the customers who stay. */
export function readMoves(moves: readonly SegmentMove[]): ReadMoves {
  const leaving = moves.filter(({ fromSegment, toSegment }) => fromSegment !== toSegment);
  const left = sum(leaving);
  return { leaving, left, stayed: sum(moves) - left };
}

const sum = (moves: readonly SegmentMove[]): bigint =>
  moves.reduce((total, { customers }) => total + customers, 0n);
