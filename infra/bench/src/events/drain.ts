import { build, ONE, outboxEvents, runOn, statement } from '@core/db';
import { RELAY_BATCH, startRelay, type EventRecord } from '@core/events';
import { Registry } from '@core/runtime';
import { log, type EventStack } from './open-stack.ts';

/** Runs a relay until the outbox is empty and all events are acknowledged. @returns the time in seconds */
export async function drain({ pool, owner, producer }: EventStack, events: number): Promise<number> {
  const metrics = new Registry();
  const begin = performance.now();
  const relay = startRelay({ pool, producer, log, metrics });
  try {
    while ((await published(metrics)) < events) await pause(2);
    while (!(await isEmpty(owner))) await pause(2);
    return (performance.now() - begin) / 1_000;
  } finally {
    await relay.close();
  }
}

async function published(metrics: Registry): Promise<number> {
  const counter = await metrics.getSingleMetric('core_outbox_published_total')?.get();
  return (counter?.values ?? []).reduce((sum, { value }) => sum + value, 0);
}

const ANY_EVENT = statement({
  row: ONE,
  text: (_, row) => build.select(row).from(outboxEvents).limit(1),
});

const isEmpty = async (owner: EventStack['owner']): Promise<boolean> =>
  (await runOn(owner, ANY_EVENT)).length === 0;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Sends the same number of similar records in batches of the same size, without a relay.
 * @returns the time in seconds
 */
export async function produceBare(
  { producer }: EventStack,
  records: readonly EventRecord[],
): Promise<number> {
  const begin = performance.now();
  for (let n = 0; n < records.length; n += RELAY_BATCH) {
    await producer.send(records.slice(n, n + RELAY_BATCH));
  }
  return (performance.now() - begin) / 1_000;
}
