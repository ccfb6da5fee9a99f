import { createRandom } from '../random.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import type { FloodResult } from './flood.ts';
import type { LoadResult } from './load.ts';
import { MERCHANTS, openQuotaStack, type QuotaStack } from './stack.ts';
import { openWatches } from './watches.ts';

/** The quota of one caller, or of one merchant, in each of the two processes. */
const SCORE_READS = 100;
const PROCESSES = 2;
const MAX_STREAMS = 64;
/** Calls of the flood that a gRPC client makes, which reads the refusals. */
const WITNESS_PER_SECOND = 10;
/**
 * Refusals that the client must read: it calls until it has them. On a busy machine the calls of a flood
 * arrive in bursts, and a call between two bursts finds the bucket refilled: all calls of three seconds were
 * answered there.
 */
const REFUSALS = 10;
/** The highest permitted ratio of the others' p99 during a flood to their p99 without it. */
const MAX_P99_RATIO = 1.3;

interface Form {
  rounds: number;
  seconds: number;
  connections: number;
}
const LONG: Form = { rounds: 5, seconds: 10, connections: 40 };
const SHORT: Form = { rounds: 1, seconds: 3, connections: 4 };
const WATCHES_OF_A_CONNECTION = 256;

/**
 * Runs a flood at ten times its quota next to callers that use a part of theirs. The flood comes from a
 * caller, from a merchant with its own token, and from a merchant with thousands of watches. No other call
 * may be refused, each refusal must contain the retry delay, and the others must not wait longer than without
 * the flood. Only the long form checks the last point: it needs a quiet machine and alternating rounds.
 */
export async function runQuotaFaults({ short, seed, only, say, signal }: FaultRunOptions): Promise<FaultRun> {
  say(`seed ${seed}`);
  const form = short ? SHORT : LONG;
  const random = createRandom(seed);
  await using stack = await openQuotaStack({
    CORE_QUOTA_CALLER: `score_reads=${SCORE_READS}`,
    CORE_QUOTA_MERCHANT: `score_reads=${SCORE_READS},streams=${MAX_STREAMS}`,
  });
  const run = { passed: 0, failed: 0 };
  /** The flooding merchant is chosen at random; the others are chosen from the rest. */
  const greedy = 1 + random.below(MERCHANTS);
  const others = () =>
    Array.from({ length: 4 }, (_, n) => ({ name: `service-${n}`, merchant: 1 + ((greedy + n) % MERCHANTS) }));
  const scenarios: [string, () => Promise<string[]>][] = [
    [
      'a caller at ten times its quota',
      () => runNextToFlood(stack, form, say, others(), { name: 'greedy', merchant: greedy, bound: false }),
    ],
    [
      'a merchant at ten times its quota, by its own token',
      () => runNextToFlood(stack, form, say, others(), { name: 'service-0', merchant: greedy, bound: true }),
    ],
    ['a merchant with a flood of watches', () => runNextToWatches(stack, form, say, others(), greedy)],
  ];
  for (const [name, scenario] of scenarios) {
    signal.throwIfAborted();
    if (only && !name.includes(only)) continue;
    const violations = await scenario().catch((error: unknown) => [String(error)]);
    run[violations.length === 0 ? 'passed' : 'failed']++;
    say(`${violations.length === 0 ? 'ok    ' : 'FAILED'} ${name}`);
    for (const violation of violations) say(`       ${violation}`);
  }
  return run;
}

interface Caller {
  name: string;
  merchant: number;
}

const loadOf = (stack: QuotaStack, others: Caller[]) =>
  others.map((who) => stack.reader({ ...who, perSecond: SCORE_READS * 0.4 }));

async function runNextToFlood(
  stack: QuotaStack,
  { rounds, seconds }: Form,
  say: (line: string) => void,
  others: Caller[],
  greedy: Caller & { bound: boolean },
): Promise<string[]> {
  const steadyCallers = loadOf(stack, others);
  const flood = stack.reader({ ...greedy, perSecond: SCORE_READS * PROCESSES * 10 });
  const violations: string[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const quiet = await stack.load(steadyCallers, seconds);
    const [flooded, [disturbed, witness]] = await stack.flood(flood, () =>
      Promise.all([
        stack.load(steadyCallers, seconds),
        stack.load([{ ...flood, perSecond: WITNESS_PER_SECOND }], seconds, { refusals: REFUSALS }),
      ]),
    );
    ratios.push(disturbed.p99 / quiet.p99);
    say(
      `info   quiet: ${describeLoad(quiet)}; during the flood: ${describeLoad(disturbed)}; the flood: ${flooded.answered} answered, ${flooded.refused} refused; its gRPC client: ${describeLoad(witness)}`,
    );
    violations.push(
      ...checkOthers('quiet', quiet),
      ...checkOthers('during the flood', disturbed),
      ...checkFlood(flooded, witness),
    );
  }
  return [...violations, ...checkRatios(ratios, say)];
}

async function runNextToWatches(
  stack: QuotaStack,
  { rounds, seconds, connections }: Form,
  say: (line: string) => void,
  others: Caller[],
  greedy: number,
): Promise<string[]> {
  const steadyCallers = loadOf(stack, others);
  const quiet: LoadResult[] = [];
  const violations: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const result = await stack.load(steadyCallers, seconds);
    quiet.push(result);
    violations.push(...checkOthers('quiet', result));
  }
  const watches = await openWatches(stack, { connections, each: WATCHES_OF_A_CONNECTION, merchant: greedy });
  try {
    const ratios: number[] = [];
    for (const before of quiet) {
      const result = await stack.load(steadyCallers, seconds);
      ratios.push(result.p99 / before.p99);
      violations.push(...checkOthers('during the flood', result));
    }
    const [open, refused] = [watches.open(), watches.refused()];
    say(`info   ${open} watches are open, ${refused} were refused`);
    if (open > MAX_STREAMS * PROCESSES) violations.push(`${open} watches of one merchant are open`);
    if (watches.withRetryInfo() < refused) violations.push('refused watches without RetryInfo');
    if (watches.errors.length > 0)
      violations.push(`watches ended: ${[...new Set(watches.errors)].join(', ')}`);
    return [...violations, ...checkRatios(ratios, say)];
  } finally {
    watches.close();
  }
}

const describeLoad = ({ answered, refused, p50, p99 }: LoadResult) =>
  `${answered} answered, ${refused} refused, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;

/** Checks the callers that stay within their quota. */
const checkOthers = (when: string, { sent, answered, refused, errors }: LoadResult): string[] => {
  if (sent === answered && sent > 0) return [];
  return [`${when}: of ${sent} calls of the others ${refused} were refused, and ${JSON.stringify(errors)}`];
};

/**
 * Checks the caller that exceeds its quota.
 * @param witness the same caller by a gRPC client, which reads the refusals
 */
const checkFlood = ({ answered, refused, lost, seconds }: FloodResult, witness: LoadResult): string[] => {
  const violations: string[] = [];
  // A burst of one second is admitted, and unevenly distributed connections stay below this limit.
  const maxAnswered = SCORE_READS * PROCESSES * (seconds + 1) * 1.1;
  if (refused === 0) violations.push('no call of the flood was refused');
  if (answered === 0 || answered > maxAnswered)
    violations.push(
      `${answered} calls of the flood were answered, at most ${Math.floor(maxAnswered)} are allowed`,
    );
  if (lost > 0) violations.push(`${lost} calls or connections of the flood were interrupted`);
  if (witness.refused < REFUSALS || witness.withRetryInfo < witness.refused)
    violations.push(`${witness.withRetryInfo} of ${witness.refused} refusals have a RetryInfo`);
  if (Object.keys(witness.errors).length > 0)
    violations.push(`the flood ended in ${JSON.stringify(witness.errors)}`);
  return violations;
};

function checkRatios(ratios: number[], say: (line: string) => void): string[] {
  const median = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? NaN;
  say(
    `info   p99 of the others, during the flood / quiet: ${ratios.map((r) => r.toFixed(2)).join(' ')}, median ${median.toFixed(2)}`,
  );
  // In one short round of a few hundred calls the p99 is not meaningful.
  return ratios.length > 1 && median > MAX_P99_RATIO
    ? [`the others waited ${median.toFixed(2)} times as long`]
    : [];
}
