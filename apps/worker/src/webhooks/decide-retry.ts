import { KeyError } from '@core/crypto';
import { isLockTimeout, isRefusedValue } from '@core/db';
import { isPrivacyTopic, NamesDisagree, type WebhookTopic } from '@core/domain';
import { backoff, CoreError } from '@core/runtime';
import { UnreadableWebhook } from './payloads.ts';

/**
 * With the pauses below, the attempts take half an hour: longer than a deployment or a failover, shorter than
 * a merchant's patience.
 */
const MAX_ATTEMPTS = 12;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10 * 60_000;

/**
 * Decides what happens to a webhook that was not applied. A lock that another transaction holds is not a
 * fault of the webhook. A missing key is a fault of the configuration, which an operator fixes: a privacy
 * request waits for that without a limit; any other webhook is given up, because the next import reads its
 * data.
 * @param webhook with the number of attempts before this one
 * @returns a code without PII; retryInMs is null if the webhook is given up
 */
export function decideRetry(
  error: unknown,
  { topic, attempts }: { topic: WebhookTopic; attempts: number },
): { code: string; retryInMs: number | null } {
  const code = codeOf(error);
  const again = { code, retryInMs: backoff(attempts, FIRST_PAUSE_MS, LONGEST_PAUSE_MS) };
  if (isLockTimeout(error) || (error instanceof KeyError && isPrivacyTopic(topic))) return again;
  const permanent =
    error instanceof UnreadableWebhook ||
    error instanceof KeyError ||
    isRefusedValue(error) ||
    (error instanceof CoreError && error.kind === 'invalid_argument');
  return permanent || attempts + 1 >= MAX_ATTEMPTS ? { code, retryInMs: null } : again;
}

function codeOf(error: unknown): string {
  if (error instanceof UnreadableWebhook) return error.code;
  if (error instanceof KeyError) return 'key_lost';
  if (error instanceof NamesDisagree) return 'names_disagree';
  if (error instanceof CoreError) return error.kind;
  const sqlState = (error as { code?: unknown } | null)?.code;
  return typeof sqlState === 'string' && /^[0-9A-Z]{5}$/.test(sqlState) ? `sql_${sqlState}` : 'internal';
}
