import { logLevel, type KafkaConfig, type LogEntry } from 'kafkajs';
import type { Logger } from '@core/runtime';

export const silent: Pick<KafkaConfig, 'logLevel'> = { logLevel: logLevel.NOTHING };

/**
 * kafkajs's warnings as lines of the app's own log. Its errors become warnings: it retries, and what it
 * gives up reaches us as an exception. Only the message and the group are kept of an entry, whose other
 * fields can hold whole requests.
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

// Said at every start or rebalance, and meant by us: see producer.ts for the limited retries.
const EXPECTED = [/^Limiting retries for the idempotent producer/, /^The group is rebalancing/];
