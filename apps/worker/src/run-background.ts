import { runSealer, type RunSealerOptions } from './audit/run-sealer.ts';
import type { Background } from './background.ts';
import { runPrivacy, type RunPrivacyOptions } from './privacy/run-privacy.ts';
import { runWebhooks } from './webhooks/run-webhooks.ts';

/**
 * Starts the background work: webhooks, shop redactions, seals of the audit log. It needs no Kafka: the
 * events that it causes wait in the outbox.
 */
export function runBackground(deps: RunSealerOptions & RunPrivacyOptions): Background {
  const sealer = runSealer(deps);
  const running = [sealer, runWebhooks(deps), runPrivacy(deps)];
  return { close: async () => void (await Promise.all(running.map((each) => each.close()))) };
}
