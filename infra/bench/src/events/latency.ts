import { randomUUID } from 'node:crypto';
import { Topic } from '@core/contracts';
import { appendToOutbox, inTransaction } from '@core/db';
import { within } from '@core/runtime';
import { aCustomerId, aMerchantId } from '@core/testing';
import { sampleRecords } from './sample-records.ts';
import type { EventStack } from './open-stack.ts';

/** Records when the record of each key arrived. */
export interface Arrivals {
  /**
   * Returns the arrival time, in milliseconds of performance.now().
   * @throws Error when it does not arrive within a minute
   */
  at(key: string): Promise<number>;
  close(): Promise<void>;
}

/** Consumes customer.updated from the start of the topic. */
export async function watchArrivals({ kafka }: Pick<EventStack, 'kafka'>): Promise<Arrivals> {
  const seen = new Map<string, number>();
  const waiting = new Map<string, (when: number) => void>();
  const consumer = await kafka.consume({
    groupId: `bench.${randomUUID()}`,
    topics: [Topic.customerUpdated],
    onBatch: async (records) => {
      const when = performance.now();
      for (const key of records.map((record) => String(record.key))) {
        if (!seen.has(key)) seen.set(key, when);
        waiting.get(key)?.(when);
      }
    },
  });
  const arrival = (key: string) => {
    const when = seen.get(key);
    return when === undefined
      ? new Promise<number>((resolve) => waiting.set(key, resolve))
      : Promise.resolve(when);
  };
  return {
    at: async (key) => {
      const when = await within(60_000, arrival(key));
      if (when === undefined) throw new Error('a record did not arrive within a minute');
      return when;
    },
    close: () => consumer.close(),
  };
}

/** Commits one event. @returns its key and the time after COMMIT */
export async function commitOne({ pool }: Pick<EventStack, 'pool'>): Promise<{ key: string; sent: number }> {
  const key = aCustomerId();
  await inTransaction(pool, (tx) =>
    appendToOutbox(tx, [
      { merchantId: aMerchantId(), customerId: key, version: 2, changedFields: ['metadata'], origin: 'api' },
    ]),
  );
  return { key, sent: performance.now() };
}

/** Sends one record to Kafka directly, without the outbox. @returns its key and the time before sending */
export async function produceOne({
  producer,
}: Pick<EventStack, 'producer'>): Promise<{ key: string; sent: number }> {
  const [record] = sampleRecords(1);
  if (!record) throw new Error('no record');
  const sent = performance.now();
  await producer.send([record]);
  return { key: String(record.key), sent };
}

/**
 * Starts `send` at a steady rate, without waiting for earlier calls.
 * @returns the milliseconds from `sent` to arrival, ascending
 */
export async function latencies(
  arrivals: Arrivals,
  send: () => Promise<{ key: string; sent: number }>,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<number[]> {
  const begin = performance.now();
  const pending: Promise<number>[] = [];
  for (let n = 0; n < perSecond * seconds; n++) {
    await pause(Math.max(0, begin + (1_000 * n) / perSecond - performance.now()));
    pending.push(send().then(async ({ key, sent }) => Math.max(0, (await arrivals.at(key)) - sent)));
  }
  return (await Promise.all(pending)).sort((a, b) => a - b);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param sorted ascending */
export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
