import { logLevel, type KafkaConfig, type LogEntry } from 'kafkajs';
import type { Logger } from '@core/runtime';

export const silent: Pick<KafkaConfig, 'logLevel'> = { logLevel: logLevel.NOTHING };

/**
 * Writes kafkajs's warnings to the app's own log. Its errors become warnings: kafkajs retries, and throws an
 * exception when it gives up. Only the message and the group of an entry are kept, because its other fields
 * can contain whole requests.
 */
export const logTo = (log: Logger): Pick<KafkaConfig, 'logLevel' | 'logCreator'> => ({
  logLevel: logLevel.WARN,
  logCreator:
    () =>
    ({ namespace, log: entry }: LogEntry) => {
      if (EXPECTED.some((pattern) => pattern.test(entry.message))) return;
      log.warn({ kafkajs: namespace, group: entry['groupId'] }, entry.message);
    },
});

// Logged at every start or rebalance, and intended: see producer.ts for the limited retries.
const EXPECTED = [/^Limiting retries for the idempotent producer/, /^The group is rebalancing/];
