import { INBOUND, workerGroup, type EventRecord } from '@core/events';
import { pause } from '@core/runtime';
import type { FieldStack } from '../stack.ts';

type Stack = Pick<FieldStack, 'kafka' | 'owner'>;

/** The number of records in one request to Kafka, whose size is limited to some megabytes. */
const AT_ONCE = 100;

/**
 * Sends records, and waits until the worker has processed each of them.
 * @param onProgress called repeatedly with the number of remaining records
 */
export async function deliver(
  stack: Stack,
  records: readonly EventRecord[],
  signal: AbortSignal,
  onProgress?: (left: number) => void,
): Promise<void> {
  const producer = await stack.kafka.producer();
  for (let n = 0; n < records.length; n += AT_ONCE) {
    signal.throwIfAborted();
    await producer.send(records.slice(n, n + AT_ONCE));
  }
  await untilHandled(stack, signal, onProgress);
}

/** The longest time without progress, on a machine ten times slower; the total time does not matter. */
const STANDSTILL_MS = 300_000;

/** Waits until all records are processed, and no score waits for its customer. */
export async function untilHandled(
  stack: Stack,
  signal: AbortSignal,
  onProgress?: (left: number) => void,
): Promise<void> {
  let [least, since] = [Infinity, performance.now()];
  for (;;) {
    signal.throwIfAborted();
    const left = await leftOf(stack);
    onProgress?.(left);
    if (left === 0) return;
    if (left < least) [least, since] = [left, performance.now()];
    if (performance.now() - since > STANDSTILL_MS) throw new Error(`${left} records are not processed`);
    await pause(200, signal);
  }
}

/** Returns the number of records that no consumer has processed, and of deferred scores. */
async function leftOf({ kafka, owner }: Stack): Promise<number> {
  let left = 0;
  for (const topic of INBOUND) left += Number(await kafka.lag(workerGroup(topic), topic));
  const { rows } = await owner.query<{ n: number }>('select count(*)::int as n from parked_events');
  return left + (rows[0]?.n ?? 0);
}
