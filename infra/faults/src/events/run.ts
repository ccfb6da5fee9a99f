import { OUTBOX_SHARDS } from '@core/db';
import { RELAY_BATCH } from '@core/events';
import { checkLedger, type LedgerCall } from '@core/testing';
import { createOutboxLedger, readLedger } from './outbox-ledger.ts';
import { createRandom } from '../random.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { outboxIsEmpty, type Fixture, type Scenario } from './scenario.ts';
import { eventually } from '../eventually.ts';
import { brokerDown } from './scenarios/broker-down.ts';
import { consumerKilled } from './scenarios/consumer-killed.ts';
import { noFault } from './scenarios/no-fault.ts';
import { poison } from './scenarios/poison.ts';
import { relayKilled } from './scenarios/relay-killed.ts';
import { relaysCompete } from './scenarios/relays-compete.ts';
import { openFaultStack } from './stack.ts';
import { createProcesses } from '../processes.ts';
import { startWriters } from './writers.ts';

const SCENARIOS: Scenario[] = [
  ...noFault,
  ...relayKilled,
  ...relaysCompete,
  ...consumerKilled,
  ...poison,
  ...brokerDown,
];

/** A relay has at most one batch of each shard in flight: sent, and not marked yet. */
const IN_FLIGHT = RELAY_BATCH * OUTBOX_SHARDS;

/** Runs the scenarios one after another on one stack, and checks the whole ledger after each. */
export async function runEventFaults({ short, seed, only, say, signal }: FaultRunOptions): Promise<FaultRun> {
  say(`seed ${seed}`);
  await using stack = await openFaultStack(say);
  await using workers = createProcesses('worker', stack);
  const fixture: Fixture = { stack, workers, random: createRandom(seed), short, signal };
  const calls: LedgerCall[] = [];
  let faults = 0;
  let maxFaults = 0;
  const run = { passed: 0, failed: 0 };
  await createOutboxLedger(stack);
  for (const scenario of SCENARIOS.filter(({ name }) => !only || name.includes(only))) {
    signal.throwIfAborted();
    const writers = startWriters(stack, fixture.random);
    const injected = await scenario.run(fixture).finally(() => writers.end());
    calls.push(...writers.calls);
    faults += injected.faults;
    // The outbox is empty between scenarios, so an event is affected by the faults of only one of them.
    maxFaults = Math.max(maxFaults, injected.faults);
    if (workers.all().length === 0) await workers.start();
    await eventually('the outbox to be published', () => outboxIsEmpty(stack));
    const ledger = await readLedger(stack);
    const limits = { mostDuplicates: faults * IN_FLIGHT, mostTimes: 1 + maxFaults };
    const verdict = checkLedger({ ...ledger, calls, ...limits });
    const violations = [...(injected.violations ?? []), ...verdict.violations];
    run[violations.length === 0 ? 'passed' : 'failed']++;
    say(
      `${violations.length === 0 ? 'ok    ' : 'FAILED'} ${scenario.name}: ${injected.note}; ledger: ${describeCalls(calls)}, ` +
        `${verdict.events} events, ${verdict.duplicates} duplicates of at most ${faults * IN_FLIGHT}`,
    );
    for (const violation of violations) say(`       ${violation}`);
  }
  return run;
}

function describeCalls(calls: readonly LedgerCall[]): string {
  const count = (outcome: LedgerCall['outcome']) => calls.filter((call) => call.outcome === outcome).length;
  return `calls ${count('ok')} ok, ${count('failed')} refused, ${count('unknown')} unknown`;
}
