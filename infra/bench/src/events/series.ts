import { measure, type Measured, type Operation } from '../rounds.ts';
import { drain, produceBare } from './drain.ts';
import { emptyOutbox, fillOutbox } from './fill-outbox.ts';
import { commitOne, latencies, percentile, produceOne, type Arrivals } from './latency.ts';
import { sampleRecords } from './sample-records.ts';
import type { EventStack } from './open-stack.ts';
import { applyScores } from './rfm.ts';
import { withoutEvent, writeFor } from './write-overhead.ts';

/** Settings that are equal for both sides of a ratio. */
export const SETTINGS = {
  /** Events per drain, and per run of the bare producer. */
  events: 50_000,
  /** rfm.updated events when applied in batches. One at a time, a fifth of them: all would take minutes. */
  scores: 20_000,
  /** Events per second while their latency is measured. */
  latencyRate: 200,
} as const;

export type ThroughputSeries =
  'drain' | 'bare_producer' | 'write' | 'write_without_event' | 'rfm_batched' | 'rfm_single';
export type LatencySeries = 'latency' | 'bare_latency';
export type EventSeries = ThroughputSeries | LatencySeries;

type Series = Record<ThroughputSeries, () => Promise<Measured>>;

/** Returns the series that run in this process while no worker runs. */
export function throughputSeries(stack: EventStack, seconds: number): Series {
  const { owner } = stack;
  const records = sampleRecords(SETTINGS.events);
  const run = timed(stack);
  const write = (wrap?: typeof withoutEvent) => () =>
    run(async (begin) => {
      await emptyOutbox(owner);
      begin();
      return { operations: await writeFor(stack, seconds, wrap), seconds };
    });
  return {
    drain: () =>
      run(async (begin) => {
        await emptyOutbox(owner);
        await fillOutbox(owner, SETTINGS.events);
        begin();
        return { operations: SETTINGS.events, seconds: await drain(stack, SETTINGS.events) };
      }),
    bare_producer: () =>
      run(async () => ({ operations: records.length, seconds: await produceBare(stack, records) })),
    write: write(),
    write_without_event: write(withoutEvent),
    rfm_batched: () => run((begin) => applyScores(stack, { scores: SETTINGS.scores, batch: 500 }, begin)),
    rfm_single: () => run((begin) => applyScores(stack, { scores: SETTINGS.scores / 5, batch: 1 }, begin)),
  };
}

/** Returns the series that need a running worker. */
export function latencySeries(
  stack: EventStack,
  arrivals: Arrivals,
  seconds: number,
): Record<LatencySeries, () => Promise<Measured>> {
  const rate = { perSecond: SETTINGS.latencyRate, seconds };
  const run = timed(stack);
  const of = (send: () => Promise<{ key: string; sent: number }>) => () =>
    run(async () => {
      const sorted = await latencies(arrivals, send, rate);
      return {
        operations: sorted.length,
        seconds,
        p50: percentile(sorted, 0.5),
        p99: percentile(sorted, 0.99),
      };
    });
  return { latency: of(() => commitOne(stack)), bare_latency: of(() => produceOne(stack)) };
}

type Done = Pick<Operation, 'operations' | 'p50' | 'p99'> & { seconds: number };

/** Measures work of this process as the driver, and Kafka as the server. */
const timed =
  ({ kafkaPid, databasePid }: EventStack) =>
  (work: (begin: () => void) => Promise<Done>) =>
    measure([kafkaPid], [databasePid], async (onMeasuring) => {
      let from = process.cpuUsage();
      const begin = () => {
        onMeasuring();
        from = process.cpuUsage();
      };
      const { seconds, ...done } = await work(begin);
      const { user, system } = process.cpuUsage(from);
      const driverCpuSeconds = (user + system) / 1e6;
      return { ...done, perSecond: done.operations / seconds, driverCpuSeconds, errors: {} };
    });
