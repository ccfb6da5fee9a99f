import { pause } from '@core/runtime';
import { openAbuseStack, residentOf } from '../abuse/stack.ts';
import { openValidCalls, type ValidCalls } from '../abuse/valid-calls.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { startFlood } from './flood.ts';

const FLOODS = {
  '10 MB/s of JSON without a token': 'json',
  '25 x 256 unfinished calls without a token': 'streams',
} as const;
const READERS = 8;
/** A read that takes longer counts as failed. */
const MAX_READ_MS = 30_000;
/** The most MiB by which a process may grow: generous, because the short form runs next to other specs. */
const MAX_GAINED = 128;

/**
 * Reads as an authenticated caller during unauthenticated floods: all reads are answered, and memory stays
 * bounded.
 */
export async function runFloods({ short, seed, only, say, signal }: FaultRunOptions): Promise<FaultRun> {
  say(`seed ${seed}`);
  await using stack = await openAbuseStack();
  using valid = openValidCalls(stack);
  const lastMs = short ? 4_000 : 20_000;
  const run = { passed: 0, failed: 0 };
  await measure(valid, lastMs / 2, signal); // warm-up
  const pids = await stack.pids();
  for (const [name, kind] of Object.entries(FLOODS).filter(([each]) => !only || each.includes(only))) {
    const quiet = await measure(valid, lastMs, signal);
    const before = pids.map(residentOf);
    const flood = startFlood(kind, stack);
    const gained = watchMemory(pids, before);
    // Measured from the start of the flood: a flood of connections is worst at its beginning.
    const flooded = await measure(valid, lastMs, signal, flood.begun());
    const mib = gained();
    const { refused, others } = await flood.stop();
    const problems = [...new Set([...quiet.problems, ...flooded.problems, ...others])].slice(0, 10);
    if (refused === 0) problems.push('no call was refused');
    if (mib > MAX_GAINED) problems.push(`a process has gained ${Math.round(mib)} MiB`);
    if ((await stack.pids()).join() !== pids.join()) problems.push('a process has exited');
    run[problems.length === 0 ? 'passed' : 'failed']++;
    say(
      `${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name}: p99 of reads ${flooded.p99.toFixed(1)} ms / ` +
        `${quiet.p99.toFixed(1)} ms quiet = ${(flooded.p99 / quiet.p99).toFixed(2)}, ${flooded.reads} reads, ` +
        `${refused} refused, a process gained at most ${mib.toFixed(1)} MiB`,
    );
    for (const problem of problems) say(`       ${problem}`);
  }
  return run;
}

/** Measures reads of a few readers with a pause after each read: they must not saturate the machine. */
async function measure(
  valid: ValidCalls,
  durationMs: number,
  signal: AbortSignal,
  alsoUntil?: Promise<unknown>,
) {
  const times: number[] = [];
  const problems: string[] = [];
  const until = performance.now() + durationMs;
  let waiting = alsoUntil !== undefined;
  const waited = alsoUntil?.finally(() => (waiting = false));
  const reader = async () => {
    while (waiting || performance.now() < until) {
      signal.throwIfAborted();
      const begun = performance.now();
      await valid.overGrpc().catch((error: Error) => problems.push(error.message));
      times.push(performance.now() - begun);
      await pause(5);
    }
  };
  await Promise.all([waited, ...Array.from({ length: READERS }, reader)]);
  times.sort((a, b) => a - b);
  if ((times.at(-1) ?? 0) > MAX_READ_MS) problems.push(`a read took ${Math.round(times.at(-1) ?? 0)} ms`);
  return { p99: times[Math.floor(times.length * 0.99)] ?? NaN, reads: times.length, problems };
}

/** @returns a function that returns the peak growth in MiB of the process that grew most */
function watchMemory(pids: readonly number[], before: readonly number[]): () => number {
  let most = 0;
  const sampleMemory = () => {
    for (const [n, pid] of pids.entries()) most = Math.max(most, residentOf(pid) - (before[n] ?? 0));
  };
  const timer = setInterval(sampleMemory, 100);
  return () => {
    clearInterval(timer);
    sampleMemory();
    return most;
  };
}
