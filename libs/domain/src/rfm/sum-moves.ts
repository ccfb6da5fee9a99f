import type { RfmThresholds } from '@core/contracts';
import { segmentOf } from '../settings/index.ts';

/** Customers with the same stored score. Its parts are null for those without one. */
export interface ScoreGroup {
  segment: string | null;
  recency: number | null;
  frequency: number | null;
  monetary: number | null;
  customers: number;
}

export interface SegmentMove {
  /** The stored segment. */
  from: string;
  /** The segment of the thresholds; the same for customers who stay. */
  to: string;
  customers: number;
}

export interface SegmentMoves {
  scored: number;
  unscored: number;
  /** The largest first; they contain each scored customer once. */
  moves: SegmentMove[];
}

/** Sums up the customers of the groups by their stored segment and the one that the thresholds give. */
export function sumMoves(groups: readonly ScoreGroup[], thresholds: RfmThresholds): SegmentMoves {
  const moves = new Map<string, SegmentMove>();
  let scored = 0;
  let unscored = 0;
  for (const { segment: from, recency, frequency, monetary, customers } of groups) {
    if (from === null || recency === null || frequency === null || monetary === null) {
      unscored += customers;
      continue;
    }
    scored += customers;
    const to = segmentOf(thresholds, recency, frequency, monetary);
    const key = JSON.stringify([from, to]);
    const move = moves.get(key) ?? { from, to, customers: 0 };
    moves.set(key, { ...move, customers: move.customers + customers });
  }
  return { scored, unscored, moves: [...moves.values()].sort(largestFirst) };
}

const largestFirst = (a: SegmentMove, b: SegmentMove): number =>
  b.customers - a.customers || compare(a.from, b.from) || compare(a.to, b.to);

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
