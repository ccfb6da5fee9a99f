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
  /** How often they came, and when they came last. */
  times: number;
  seenAt: number;
  toldAt: number;
}

const TELL_EVERY_MS = 300_000;
/** They come every few seconds: after this the partition is another worker's. */
const FORGET_AFTER_MS = 30_000;

/**
 * Handles records that cannot be read: their partition waits, an alarm names the position, and a dead letter takes their
 * place once an operator has decided so. This needs a decision: records that a later build can read, or that Kafka can
 * restore from another replica, would be lost, and the customer's older score would be taken for the newest.
 */
export function createUnreadableHandler(
  { pool, producer, log, metrics }: Deps,
  registry: Registry,
): NonNullable<ConsumeOptions['onUnreadable']> {
  const blocked = new Map<string, Blocked>();
  new Gauge({
    name: 'core_consumer_unreadable_offset',
    help: 'The offset at which a partition waits, as its record cannot be read; absent while none does',
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

  /** From the second time on: a damage of the network is mended by the next fetch. */
  const tell = (found: UnreadableRecords): void => {
    const key = `${found.topic}/${found.partition}`;
    const known = blocked.get(key);
    const same = known?.found.first === found.first && Date.now() - known.seenAt < FORGET_AFTER_MS;
    const now = {
      found,
      times: same ? known.times + 1 : 1,
      seenAt: Date.now(),
      toldAt: same ? known.toldAt : 0,
    };
    blocked.set(key, now);
    if (now.times < 2 || Date.now() - now.toldAt < TELL_EVERY_MS) return;
    now.toldAt = Date.now();
    log.error(
      positionOf(found),
      'a record cannot be read and its partition waits; `npm run ops -- dlq step-over` steps over it',
    );
  };

  return async (found) => {
    const decision = await stepOverDecision(pool, { ...found, offset: found.first }).catch(() => undefined);
    if (!decision) {
      tell(found);
      throw new Error('its partition waits');
    }
    await sendUnreadableLetter(producer, found);
    metrics.deadLettered.inc({ topic: found.topic, reason: 'unreadable' });
    blocked.delete(`${found.topic}/${found.partition}`);
    log.warn(
      { ...positionOf(found), actor: decision.actor },
      'a record that cannot be read was stepped over',
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
