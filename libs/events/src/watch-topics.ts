import { allTopics } from '@core/contracts';
import { Gauge, startLoop, type Logger, type Loop, type Registry } from '@core/runtime';
import type { KafkaClient } from './kafka-client.ts';
import { reportReplication } from './replication.ts';

const LOOK_EVERY_MS = 30_000;
const TELL_EVERY_MS = 300_000;

interface WatchTopics {
  log: Logger;
  metrics: Registry;
  production: boolean;
  names?: readonly string[];
  everyMs?: number;
}

/**
 * Watches that the topics of the service exist, for as long as an app runs. It never creates one: partitions and
 * retention are decided in one place. A missing topic raises an alarm and no more: the other topics go on.
 */
export function watchTopics(
  client: Pick<KafkaClient, 'topics' | 'describeTopics'>,
  { log, metrics, production, names = allTopics(), everyMs = LOOK_EVERY_MS }: WatchTopics,
): Loop {
  const gauge = new Gauge({
    name: 'core_topic_missing',
    help: 'Whether a topic does not exist; `ops topics` creates it',
    labelNames: ['topic'],
    registers: [metrics],
  });
  let missing: readonly string[] = [];
  let toldAt = 0;
  let reported = false;

  const look = async (): Promise<void> => {
    const present = new Set(await client.topics());
    const before = missing;
    missing = names.filter((name) => !present.has(name));
    for (const topic of names) gauge.set({ topic }, present.has(topic) ? 0 : 1);
    tell(before);
    if (reported) return;
    reported = true;
    const found = names.filter((name) => present.has(name));
    await reportReplication(client, { log, metrics, production, names: found });
  };
  const tell = (before: readonly string[]): void => {
    const appeared = before.filter((name) => !missing.includes(name));
    if (appeared.length > 0) log.info({ topics: appeared }, 'these topics exist now');
    if (missing.length === 0) return;
    const news = missing.some((name) => !before.includes(name));
    if (!news && Date.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = Date.now();
    log.error(
      { topics: missing },
      `no topics ${missing.join(', ')}; \`npm run ops -- topics\` creates them; the others go on`,
    );
  };
  return startLoop({ name: 'look for the topics', log, every: everyMs, work: look });
}
