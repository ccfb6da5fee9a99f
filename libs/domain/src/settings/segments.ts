import type { RfmRange, RfmThresholds } from '@core/contracts';

/** The only scale of a score today: 1 to 5. */
export const RFM_SCALE = 5;

/**
 * Returns the segment of a cell: the first listed one whose ranges contain all three scores, else the
 * fallback.
 */
export const segmentOf = (
  thresholds: RfmThresholds,
  recency: number,
  frequency: number,
  monetary: number,
): string =>
  thresholds.segments.find(
    (segment) =>
      within(segment.recency, recency) &&
      within(segment.frequency, frequency) &&
      within(segment.monetary, monetary),
  )?.name ?? thresholds.fallbackSegment;

/** Inclusive; zero or absent is no bound. */
const within = (range: RfmRange | undefined, score: number): boolean =>
  score >= (range?.min || 1) && score <= (range?.max || RFM_SCALE);

const SCORES = Array.from({ length: RFM_SCALE }, (_, i) => i + 1);

/** All 125 combinations [recency, frequency, monetary]. */
export const RFM_CELLS: readonly (readonly [number, number, number])[] = SCORES.flatMap((r) =>
  SCORES.flatMap((f) => SCORES.map((m) => [r, f, m] as const)),
);
