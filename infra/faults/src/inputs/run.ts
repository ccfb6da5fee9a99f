import { randomUUID } from 'node:crypto';
import { Topic } from '@core/contracts';
import { openFaultStack, type FaultStack } from '../events/stack.ts';
import { patiently } from '../patiently.ts';
import { createProcesses } from '../processes.ts';
import { createChoices, type Choices } from '../requests/choices.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { MARK, type Input } from './input.ts';
import { makePeople } from './make-people.ts';
import { readEndings, wrongEnd } from './read-endings.ts';
import { requestInput } from './request-inputs.ts';
import { scoreInputs } from './score-inputs.ts';

const IN_LONG = 100_000;
const IN_SHORT = 5_000;
const GROUP = 'core-worker';
const TOPICS = [Topic.rfmUpdated, Topic.gdprRequestCreated];
/** Of one request to Kafka, which holds some megabytes. */
const AT_ONCE = 100;
const MOST_SHOWN = 20;

/**
 * Sends records as producers in many languages write them, and as they break them, to a worker: each must end as its
 * generator knows, none may hold up another, and no process may end.
 */
export async function runInputs({ short, seed, count, say, signal }: FaultRunOptions): Promise<FaultRun> {
  say(`seed ${seed}`);
  const stack = await openFaultStack(say);
  const workers = createProcesses('worker', stack);
  try {
    await workers.start();
    const inputs = await makeInputs(stack, createChoices(seed), count ?? (short ? IN_SHORT : IN_LONG));
    const begun = performance.now();
    for (const wave of [false, true]) {
      await send(
        stack,
        inputs.filter(({ later = false }) => later === wave),
        signal,
      );
      await patiently('all inputs to be handled', () => drained(stack, signal));
    }
    const seconds = (performance.now() - begun) / 1_000;
    const found = await readEndings(stack);
    const problems = inputs.flatMap((input, n) => {
      const wrong = wrongEnd(input, String(n), found);
      return wrong ? [`${n}, ${input.record.topic}, ${input.note}: ${wrong}\n${shown(input)}`] : [];
    });
    if (workers.all().length !== 1) problems.push('the worker has ended');
    say(
      `${problems.length === 0 ? 'ok    ' : 'FAILED'} ${inputs.length} inputs in ${Math.round(seconds)} s: ` +
        `${found.scores.size} scores, ${found.receipts.size} erasures, ${found.pending.size} requests pending, ` +
        `${found.letters.size} dead letters; ${problems.length} ended otherwise than they must`,
    );
    for (const problem of problems.slice(0, MOST_SHOWN)) say(`       ${problem}`);
    return { passed: problems.length === 0 ? 1 : 0, failed: problems.length === 0 ? 0 : 1 };
  } finally {
    await workers.kill();
    await stack.close();
  }
}

/**
 * Half of them for each topic; each has a person of its own. Of two scores of one customer the second comes in the batch
 * of the first, or after it is stored.
 */
async function makeInputs(stack: FaultStack, choices: Choices, count: number): Promise<Input[]> {
  const people = await makePeople(stack, count);
  const inputs: Input[] = [];
  for (const person of people) {
    if (inputs.length >= count) break;
    const [first, second] = choices.seldom(2)
      ? scoreInputs(person, choices)
      : [requestInput(person, choices)];
    if (first) inputs.push(first);
    if (second) inputs.push({ ...second, later: choices.seldom(2) });
  }
  return inputs.map((input, n) => ({
    ...input,
    record: { ...input.record, headers: { ...headers(choices), [MARK]: String(n) } },
  }));
}

/** Those of an event, of none, or of a dead letter that is none. */
const headers = (choices: Choices): Record<string, string> =>
  choices.one<Record<string, string>>([
    {},
    {},
    { ce_source: 'faults' },
    { ce_id: randomUUID(), ce_source: 'faults' },
    { traceparent: 'x', 'content-type': 'text/plain', dlq_reason: 'forged', dlq_rule: 'forged' },
  ]);

async function send({ kafka }: FaultStack, inputs: readonly Input[], signal: AbortSignal): Promise<void> {
  const producer = await kafka.producer();
  for (let n = 0; n < inputs.length; n += AT_ONCE) {
    signal.throwIfAborted();
    await producer.send(inputs.slice(n, n + AT_ONCE).map(({ record }) => record));
  }
}

async function drained({ kafka, owner }: FaultStack, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  for (const topic of TOPICS) if ((await kafka.lag(GROUP, topic)) > 0n) return false;
  return (await owner.query('select from parked_events limit 1')).rowCount === 0;
}

const LONGEST_SHOWN = 400;
const shown = ({ record }: Input): string =>
  `         ${JSON.stringify(String(record.value)).slice(0, LONGEST_SHOWN)}`;
