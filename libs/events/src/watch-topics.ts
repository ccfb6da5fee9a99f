import { allTopics } from '@core/contracts';
import { Gauge, startLoop, type Logger, type Loop, type Registry } from '@core/runtime';
import type { KafkaClient } from './kafka-client.ts';
import { reportReplication } from './replication.ts';

const CHECK_EVERY_MS = 30_000;
const LOG_EVERY_MS = 300_000;

interface WatchTopics {
  log: Logger;
  metrics: Registry;
  production: boolean;
  names?: readonly string[];
  everyMs?: number;
}

/**
 * Checks that the topics of the service exist, for as long as an app runs. It never creates one: partitions
 * and retention are decided in one place. A missing topic only raises an alarm; the other topics continue.
 */
export function watchTopics(
  client: Pick<KafkaClient, 'topics' | 'describeTopics'>,
  { log, metrics, production, names = allTopics(), everyMs = CHECK_EVERY_MS }: WatchTopics,
): Loop {
  const gauge = new Gauge({
    name: 'core_topic_missing',
    help: '1 if a topic does not exist, otherwise 0; `ops topics` creates it',
    labelNames: ['topic'],
    registers: [metrics],
  });
  let missing: readonly string[] = [];
  let loggedAt = 0;
  let reported = false;

  const check = async (): Promise<void> => {
    const present = new Set(await client.topics());
    const before = missing;
    missing = names.filter((name) => !present.has(name));
    for (const topic of names) gauge.set({ topic }, present.has(topic) ? 0 : 1);
    logMissing(before);
    if (reported) return;
    reported = true;
    const found = names.filter((name) => present.has(name));
    await reportReplication(client, { log, metrics, production, names: found });
  };
  const logMissing = (before: readonly string[]): void => {
    const appeared = before.filter((name) => !missing.includes(name));
    if (appeared.length > 0) log.info({ topics: appeared }, 'these topics exist now');
    if (missing.length === 0) return;
    const news = missing.some((name) => !before.includes(name));
    if (!news && Date.now() - loggedAt < LOG_EVERY_MS) return;
    loggedAt = Date.now();
    log.error(
      { topics: missing },
      `missing topics: ${missing.join(', ')}; \`npm run ops -- topics\` creates them; the other topics continue`,
    );
  };
  return startLoop({ name: 'topic check', log, every: everyMs, work: check });
}
