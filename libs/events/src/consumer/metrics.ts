import { Counter, Gauge, within, type Registry } from '@core/runtime';

export interface ConsumerMetrics {
  handled: Counter<'topic' | 'outcome'>;
  deadLettered: Counter<'topic' | 'reason'>;
  recordAge: Gauge<'topic'>;
}

/** Figures that are read at each scrape. */
export interface Scraped {
  /** Returns the number of records of a topic that wait. */
  lag: (topic: string) => Promise<bigint>;
  /** Returns the number of events that wait for their customer, by topic. */
  parked: () => Promise<ReadonlyMap<string, number>>;
}

/** The maximum time that a scrape waits for Kafka or PostgreSQL. After this it reports the last figure. */
const PATIENCE_MS = 2_000;

export function createConsumerMetrics(
  registry: Registry,
  { lag, parked }: Scraped,
  topics: readonly string[],
): ConsumerMetrics {
  const registers = [registry];
  new Gauge({
    name: 'core_consumer_lag',
    help: 'Records that the group has not committed yet; every worker reports the whole group, so take the maximum',
    labelNames: ['topic'],
    registers,
    async collect() {
      const read = async (topic: string) => this.set({ topic }, Number(await lag(topic)));
      await within(PATIENCE_MS, Promise.allSettled(topics.map(read)));
    },
  });
  new Gauge({
    name: 'core_events_parked',
    help: 'Events that wait for their customer to become known; every worker reports the same number',
    labelNames: ['topic'],
    registers,
    async collect() {
      const counts = await within(
        PATIENCE_MS,
        parked().catch(() => undefined),
      );
      if (counts) for (const topic of topics) this.set({ topic }, counts.get(topic) ?? 0);
    },
  });
  return {
    handled: new Counter({
      name: 'core_events_handled_total',
      help: 'Records handled, by outcome, such as applied, unchanged, duplicate or parked',
      labelNames: ['topic', 'outcome'],
      registers,
    }),
    deadLettered: new Counter({
      name: 'core_events_dead_lettered_total',
      help: 'Records sent to a dead-letter topic',
      labelNames: ['topic', 'reason'],
      registers,
    }),
    recordAge: new Gauge({
      name: 'core_consumer_record_age_seconds',
      help: 'Age of the last record when it had been handled',
      labelNames: ['topic'],
      registers,
    }),
  };
}

/** Reports for each topic whether it is consumed. */
export function reportJoined(
  registry: Registry,
  topics: readonly string[],
  joined: (topic: string) => boolean,
): void {
  new Gauge({
    name: 'core_consumer_joined',
    help: '1 while this worker is in the consumer group of the topic and in contact with the broker; 0 while it consumes nothing',
    labelNames: ['topic'],
    registers: [registry],
    collect() {
      for (const topic of topics) this.set({ topic }, joined(topic) ? 1 : 0);
    },
  });
}
