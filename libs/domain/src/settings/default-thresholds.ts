import { create } from '@bufbuild/protobuf';
import { RfmMethod, RfmThresholdsSchema, type RfmThresholds } from '@core/contracts';

/**
 * Returns the thresholds of a merchant without settings. The names and their order are Shopify's eleven
 * (https://shopify.dev/docs/api/admin-graphql/latest/enums/CustomerRfmGroup). Shopify weighs frequency and
 * spend as one average, which ranges cannot express: here frequency stands for both, except for champions.
 *
 * The ten listed segments cover all 125 cells (a spec counts), so the fallback is never the segment of a
 * scored customer: PROSPECTS are customers without an order, and they have no score.
 */
export const defaultThresholds = (): RfmThresholds =>
  create(RfmThresholdsSchema, {
    scale: 5,
    method: RfmMethod.FIXED,
    recencyDays: [30, 60, 120, 240],
    frequencyOrders: [2, 3, 5, 10],
    monetaryAmount: [50, 150, 400, 1000],
    windowDays: 365,
    segments: [
      { name: 'CHAMPIONS', recency: { min: 4 }, frequency: { min: 4 }, monetary: { min: 4 } },
      { name: 'LOYAL', recency: { min: 3 }, frequency: { min: 4 } },
      { name: 'ACTIVE', recency: { min: 4 }, frequency: { min: 2 }, monetary: { min: 3 } },
      { name: 'NEW', recency: { min: 5 }, frequency: { max: 1 } },
      { name: 'PROMISING', recency: { min: 4 } },
      { name: 'NEEDS_ATTENTION', recency: { min: 3 } },
      { name: 'AT_RISK', recency: { min: 2 }, frequency: { min: 3 } },
      { name: 'ALMOST_LOST', recency: { min: 2 } },
      { name: 'PREVIOUSLY_LOYAL', frequency: { min: 4 } },
      { name: 'DORMANT' },
    ],
    fallbackSegment: 'PROSPECTS',
  });
