import {
  LONGEST_SEGMENT,
  RfmMethod,
  textProblem,
  type RfmRange,
  type RfmSegment,
  type RfmThresholds,
} from '@core/contracts';
import { invalid } from '@core/runtime';
import { RFM_CELLS, RFM_SCALE, segmentOf } from './segments.ts';

const LONGEST_WINDOW_DAYS = 3_650;

/**
 * Checks that every score gets a segment and every segment can be reached.
 * @param at the field's name in the request, such as rfm_thresholds
 * @throws CoreError invalid_argument naming the path of the first wrong field
 */
export function validateThresholds(thresholds: RfmThresholds, at: string): void {
  if (thresholds.scale !== RFM_SCALE) throw invalid(`${at}.scale`, `must be ${RFM_SCALE}`);
  if (thresholds.method !== RfmMethod.FIXED && thresholds.method !== RfmMethod.QUANTILE) {
    throw invalid(`${at}.method`, 'must be RFM_METHOD_FIXED or RFM_METHOD_QUANTILE');
  }
  validateCutPoints(thresholds.recencyDays, `${at}.recency_days`);
  validateCutPoints(thresholds.frequencyOrders, `${at}.frequency_orders`);
  validateCutPoints(thresholds.monetaryAmount, `${at}.monetary_amount`);
  const { windowDays } = thresholds;
  if (windowDays < 1 || windowDays > LONGEST_WINDOW_DAYS) {
    throw invalid(`${at}.window_days`, `must be 1 to ${LONGEST_WINDOW_DAYS}`);
  }
  validateSegments(thresholds.segments, `${at}.segments`);
  // The fallback covers every cell that the list leaves out.
  validateName(thresholds.fallbackSegment, `${at}.fallback_segment`);
  validateReach(thresholds, `${at}.segments`);
}

function validateCutPoints(points: readonly number[], at: string): void {
  if (points.length !== RFM_SCALE - 1) throw invalid(at, `must have ${RFM_SCALE - 1} cut points`);
  points.forEach((point, i) => {
    if (!Number.isFinite(point) || point < 0) throw invalid(`${at}[${i}]`, 'must be a number of at least 0');
    if (point <= (points[i - 1] ?? -1))
      throw invalid(`${at}[${i}]`, 'must be greater than the previous cut point');
  });
}

function validateSegments(segments: readonly RfmSegment[], at: string): void {
  const names = new Set<string>();
  segments.forEach((segment, i) => {
    validateName(segment.name, `${at}[${i}].name`);
    if (names.has(segment.name))
      throw invalid(`${at}[${i}].name`, 'must differ from the names of earlier segments');
    names.add(segment.name);
    for (const dimension of ['recency', 'frequency', 'monetary'] as const) {
      validateRange(segment[dimension], `${at}[${i}].${dimension}`);
    }
  });
}

const validateName = (name: string, at: string): void => {
  if (name === '' || textProblem(name, LONGEST_SEGMENT) || name !== name.trim()) {
    throw invalid(at, `must be a name of 1 to ${LONGEST_SEGMENT} characters`);
  }
};

/** Checks a range, also one of a list's filter. @throws CoreError invalid_argument */
export function validateRange(range: RfmRange | undefined, at: string): void {
  if (!range) return;
  for (const bound of ['min', 'max'] as const) {
    const value = range[bound];
    if (value < 0 || value > RFM_SCALE)
      throw invalid(`${at}.${bound}`, `must be 1 to ${RFM_SCALE}, or 0 for no bound`);
  }
  if (range.min > 0 && range.max > 0 && range.min > range.max) throw invalid(at, 'min must not be above max');
}

/** Refuses a segment that an earlier one always hides: it is a mistake, and its author should be notified. */
function validateReach(thresholds: RfmThresholds, at: string): void {
  // The fallback gets a separate name, because it may repeat a listed one.
  const listed = { ...thresholds, fallbackSegment: '' };
  const reached = new Set(RFM_CELLS.map(([r, f, m]) => segmentOf(listed, r, f, m)));
  thresholds.segments.forEach((segment, i) => {
    if (!reached.has(segment.name))
      throw invalid(
        `${at}[${i}]`,
        'no score reaches it, because earlier segments match first; reorder the segments or change the ranges',
      );
  });
}
