import { stepOverDecision, type Pool } from '@core/db';
import { Gauge, type Logger, type Registry } from '@core/runtime';
import { sendUnreadableLetter } from '../dead-letters.ts';
import type { ConsumeOptions, EventProducer, UnreadableRecords } from '../kafka-client.ts';
import type { ConsumerMetrics } from './metrics.ts';

interface Deps {
  pool: Pool;
  producer: EventProducer;
  log: Logger;
  metrics: Pick<ConsumerMetrics, 'deadLettered'>;
}

interface Blocked {
  found: UnreadableRecords;
  /** How often the records came, and when they came last. */
  times: number;
  seenAt: number;
  loggedAt: number;
}

const LOG_EVERY_MS = 300_000;
/**
 * Unreadable records come again every few seconds. After this time the partition belongs to another worker.
 */
const FORGET_AFTER_MS = 30_000;

/**
 * Handles records that cannot be read: their partition waits and an alarm names the position. Once an
 * operator has decided so, a dead letter replaces them. This needs a decision, because records that a later
 * build can read, or that Kafka can restore from another replica, would be lost. The customer's older score
 * would then be considered the newest.
 */
export function createUnreadableHandler(
  { pool, producer, log, metrics }: Deps,
  registry: Registry,
): NonNullable<ConsumeOptions['onUnreadable']> {
  const blocked = new Map<string, Blocked>();
  new Gauge({
    name: 'core_consumer_unreadable_offset',
    help: 'The offset at which a partition waits because its record cannot be read; absent while none waits',
    labelNames: ['topic', 'partition'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { found, times, seenAt } of blocked.values()) {
        if (times < 2 || Date.now() - seenAt > FORGET_AFTER_MS) continue;
        this.set({ topic: found.topic, partition: found.partition }, Number(found.first));
      }
    },
  });

  /** Reports from the second time on: the next fetch repairs damage from the network. */
  const report = (found: UnreadableRecords): void => {
    const key = `${found.topic}/${found.partition}`;
    const known = blocked.get(key);
    const same = known?.found.first === found.first && Date.now() - known.seenAt < FORGET_AFTER_MS;
    const now = {
      found,
      times: same ? known.times + 1 : 1,
      seenAt: Date.now(),
      loggedAt: same ? known.loggedAt : 0,
    };
    blocked.set(key, now);
    if (now.times < 2 || Date.now() - now.loggedAt < LOG_EVERY_MS) return;
    now.loggedAt = Date.now();
    log.error(
      positionOf(found),
      'a record cannot be read and its partition waits; to step over it, run `npm run ops -- dlq step-over`',
    );
  };

  return async (found) => {
    const decision = await stepOverDecision(pool, { ...found, offset: found.first }).catch(() => undefined);
    if (!decision) {
      report(found);
      throw new Error('the partition waits until an operator decides to step over the record');
    }
    await sendUnreadableLetter(producer, found);
    metrics.deadLettered.inc({ topic: found.topic, reason: 'unreadable' });
    blocked.delete(`${found.topic}/${found.partition}`);
    log.warn(
      { ...positionOf(found), actor: decision.actor },
      'stepped over a record that cannot be read, as an operator decided',
    );
  };
}

const positionOf = ({ topic, partition, first, last, why, raw }: UnreadableRecords) => ({
  topic,
  partition,
  offset: String(first),
  last_offset: String(last),
  why,
  bytes: raw?.length,
});
