export type Api = 'rest' | 'graphql';

/**
 * The standard plan's buckets: the initial values, until a reply reports the actual ones. REST: 40 requests,
 * 2 per second (Advanced 80 and 4, Plus 400 and 20, Enterprise 800 and 40). GraphQL: 2,000 points, 100 per
 * second (Advanced 200, Plus 1,000, Enterprise 2,000). Limits apply per app and shop. Source:
 * shopify.dev/docs/api/usage/limits.
 */
export const INITIAL_BUCKETS: Record<Api, { maximum: number; restoreRate: number }> = {
  rest: { maximum: 40, restoreRate: 2 },
  graphql: { maximum: 2_000, restoreRate: 100 },
};
