import { makeServicesDir, removeServicesDir } from '@core/testing';
import { buildBundles } from '../bundles.ts';
import { describeMachine } from '../describe-machine.ts';
import { measureRounds } from '../rounds.ts';
import type { Report, SuiteOptions } from '../suite.ts';
import { measureOpenTransaction } from './measure-open-transaction.ts';
import { measureIdle, type IdleFigures } from './idle.ts';
import { watchArrivals } from './latency.ts';
import { openStack, type EventStack } from './open-stack.ts';
import { reportEvents } from './report-events.ts';
import { latencySeries, SETTINGS, throughputSeries } from './series.ts';

const IDLE_ROUNDS = 3;

/** Compares the outbox, the relay and the consumers with the bare Kafka client and the bare transaction. */
export async function benchEvents(options: SuiteOptions): Promise<Report> {
  const { rounds, seconds, warmUp, say, stops, signal } = options;
  // A quick run only shows that the suite works.
  const [heldSeconds, idleSeconds] = warmUp > 1 ? [120, 60] : [5, 5];
  const dir = stops.adopt(makeServicesDir(), removeServicesDir);
  await buildBundles(['worker'], signal);
  const stack = await openStack(dir, options);

  // Latency comes first: its consumer reads the topic from the start, and the drains add millions of records
  // to it.
  const { slow, idle } = await measureWorker(stack, idleSeconds, options);
  say('warming up');
  const throughput = throughputSeries(stack, seconds);
  for (const each of Object.values(throughput)) await each();
  const fast = await measureRounds(throughput, rounds, say);
  const held = await measureOpenTransaction(stack, heldSeconds, options);

  const clean = fast.flatMap((round, n) => {
    const rest = slow[n];
    return rest ? [{ ...round, ...rest }] : [];
  });
  const machine = await describeMachine(stack.ownerUrl);
  const settings = {
    ...SETTINGS,
    rounds: clean.length,
    seconds,
    held_seconds: heldSeconds,
    idle_seconds: idleSeconds,
  };
  return reportEvents({ clean, held, idle, machine, settings });
}

/** Measures a worker while it receives single events, and while it is idle. */
async function measureWorker(stack: EventStack, idleSeconds: number, options: SuiteOptions) {
  const { rounds, seconds, say } = options;
  const { child: worker } = await stack.stack.start('worker', { bundled: true });
  const arrivals = await watchArrivals(stack);
  try {
    const latency = latencySeries(stack, arrivals, 2 * seconds);
    for (const each of Object.values(latency)) await each();
    const slow = await measureRounds(latency, rounds, say);
    const idle: IdleFigures[] = [];
    while (idle.length < IDLE_ROUNDS) {
      idle.push(await measureIdle(stack, worker, arrivals, idleSeconds, options));
    }
    return { slow, idle };
  } finally {
    await arrivals.close();
    await worker.stop();
  }
}
