import type { WebhookTopic } from '@core/domain';
import { Histogram, type Registry } from '@core/runtime';

/**
 * - stored, duplicate: answered 200, and applied by the worker
 * - ignored: 200, a topic that is not stored; unknown_shop: 200, a shop that no merchant has connected
 * - forged: 401; refused: another 4xx
 * - unproven: 503, the shop's only connection is older than shop proofs; an importer queries the shop in the
 *   meantime
 * - unavailable, no_room (too many bytes of other webhooks are held): 503, Shopify sends it again; error:
 *   500, a bug of ours
 */
export type WebhookOutcome =
  | 'stored'
  | 'duplicate'
  | 'ignored'
  | 'unknown_shop'
  | 'unproven'
  | 'forged'
  | 'refused'
  | 'unavailable'
  | 'no_room'
  | 'error';

/**
 * No label names a shop: there are too many, and an unauthenticated client may invent them. Unknown topics
 * are not labels either.
 */
export function createWebhookDurations(
  registry: Registry,
): (topic: WebhookTopic | undefined, seconds: number, outcome: WebhookOutcome) => void {
  const histogram = new Histogram({
    name: 'core_webhook_duration_seconds',
    help: 'Time to answer a Shopify webhook, by topic and outcome; Shopify waits 5 s',
    labelNames: ['topic', 'outcome'] as const,
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  return (topic, seconds, outcome) => histogram.observe({ topic: topic ?? 'other', outcome }, seconds);
}
