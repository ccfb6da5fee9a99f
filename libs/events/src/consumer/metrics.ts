import { Counter, Gauge, type Registry } from '@core/runtime';

export interface ConsumerMetrics {
  handled: Counter<'topic' | 'outcome'>;
  deadLettered: Counter<'topic' | 'reason'>;
}

/** @param lag records of a topic that wait, asked at each scrape */
export function createConsumerMetrics(
  registry: Registry,
  lag: (topic: string) => Promise<bigint>,
  topics: readonly string[],
): ConsumerMetrics {
  const registers = [registry];
  new Gauge({
    name: 'core_consumer_lag',
    help: 'Records that the group has not committed yet',
    labelNames: ['topic'],
    registers,
    async collect() {
      const read = async (topic: string) => this.set({ topic }, Number(await lag(topic)));
      // Kafka is away: the last figure stands, and the scrape does not wait for it.
      await Promise.race([Promise.allSettled(topics.map(read)), patience()]);
    },
  });
  return {
    handled: new Counter({
      name: 'core_events_handled_total',
      help: 'Records handled: applied, or a duplicate that changed nothing',
      labelNames: ['topic', 'outcome'],
      registers,
    }),
    deadLettered: new Counter({
      name: 'core_events_dead_lettered_total',
      help: 'Records sent to a dead-letter topic',
      labelNames: ['topic', 'reason'],
      registers,
    }),
  };
}

const patience = () => new Promise((resolve) => setTimeout(resolve, 2_000).unref());
