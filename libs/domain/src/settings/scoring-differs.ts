import { equals } from '@bufbuild/protobuf';
import { RfmThresholdsSchema, type RfmThresholds } from '@core/contracts';

/**
 * Whether RFM Analytics would compute other scores by `b` than by `a`. Segments and their fallback do not
 * count: the core itself derives them from a score.
 */
export const scoringDiffers = (a: RfmThresholds, b: RfmThresholds): boolean =>
  !equals(RfmThresholdsSchema, withoutSegments(a), withoutSegments(b));

const withoutSegments = (thresholds: RfmThresholds): RfmThresholds => ({
  ...thresholds,
  segments: [],
  fallbackSegment: '',
});
