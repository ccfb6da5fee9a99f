import { pause } from '@core/runtime';
import { openAbuseStack, type AbuseStack } from '../abuse/stack.ts';
import { openValidCalls } from '../abuse/valid-calls.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { createChoices, type Choices } from './choices.ts';
import { exchangeBytes } from './exchange-bytes.ts';
import { closingRequest, LAST_REQUEST, parsableRequest } from './http1.ts';
import { connectionBytes, isLastAnswer } from './http2.ts';

const IN_LONG = 1_000_000;
const IN_SHORT = 20_000;
/** Requests on one connection. */
const BATCH = 25;
const AT_ONCE = 160;
/** The longest time that a request may block the event loop: CPU time of one turn of the loop. */
const STALL_IN_LONG_MS = 200;
/**
 * For `npm test`, which must pass on a machine ten times slower: it still detects an input that blocks for
 * seconds.
 */
const STALL_IN_SHORT_MS = 2_000;

/**
 * Sends malformed requests of every kind over real sockets to a supervised api: no process may end, block its
 * event loop, or leave a valid call unanswered.
 */
export async function runMalformedRequests({
  short,
  seed,
  count,
  say,
  signal,
}: FaultRunOptions): Promise<FaultRun> {
  say(`seed ${seed}`);
  await using stack = await openAbuseStack();
  using valid = openValidCalls(stack);
  try {
    const pids = await stack.pids();
    await Promise.all([valid.overGrpc(), valid.overHttp()]);
    stack.measureStalls();
    const problems: string[] = [];
    const ended = new AbortController();
    const watching = watch(valid, problems, ended.signal);
    const total = count ?? (short ? IN_SHORT : IN_LONG);
    const begun = performance.now();
    const late = await sendAll(stack, createChoices(seed), total, signal);
    const seconds = (performance.now() - begun) / 1_000;
    ended.abort();
    const validCalls = await watching;
    await Promise.all([valid.overGrpc(), valid.overHttp()]);

    if (stack.supervisor() === undefined) problems.push('the supervisor has exited');
    const after = await stack.pids();
    const errors = stack.errors();
    const died = pids.filter((pid) => !after.includes(pid)).length;
    if (died > 0) problems.push(`processes ${pids.join()} were replaced by ${after.join()}`);
    if (errors.length > 0) problems.push(`${errors.length} errors in the log`, ...errors.slice(0, 10));
    const stall = stack.longestStall(pids);
    if (stall > (short ? STALL_IN_SHORT_MS : STALL_IN_LONG_MS))
      problems.push(`an event loop was blocked for ${stall} ms`);
    if (late > 0) problems.push(`${late} connections were neither answered nor closed`);
    say(
      `${problems.length === 0 ? 'ok    ' : 'FAILED'} ${total} malformed requests, ${Math.round(total / seconds)}/s: ` +
        `${died} of ${pids.length} processes exited, longest block of an event loop ${stall} ms of CPU, ` +
        `${validCalls} valid calls at the same time`,
    );
    for (const problem of problems) say(`       ${problem}`);
    return { passed: problems.length === 0 ? 1 : 0, failed: problems.length === 0 ? 0 : 1 };
  } catch (error) {
    for (const line of stack.errors().slice(0, 30)) say(`       ${line}`);
    throw error;
  }
}

/** @returns the number of connections that were neither answered nor closed */
async function sendAll(
  stack: AbuseStack,
  choices: Choices,
  total: number,
  signal: AbortSignal,
): Promise<number> {
  let left = total;
  let late = 0;
  const loop = async () => {
    while (left > 0) {
      signal.throwIfAborted();
      const { requests, sent } = chooseNext(stack, choices, Math.min(left, BATCH));
      left -= requests;
      if ((await sent()) === 'late') late++;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, loop));
  return late;
}

/** All requests are chosen first, so that the seed reproduces them; each is sent when its turn comes. */
function chooseNext(stack: AbuseStack, choices: Choices, maxRequests: number) {
  const { httpPort, grpcPort, adminPort, authorization } = stack;
  const kind = choices.below(20);
  if (kind < 8) {
    const all = Array.from({ length: maxRequests }, () => parsableRequest(choices, authorization));
    return {
      requests: maxRequests,
      sent: () => exchangeBytes(httpPort, Buffer.concat([...all, LAST_REQUEST])),
    };
  }
  if (kind < 16) {
    const bytes = connectionBytes(choices, Math.max(2, maxRequests), authorization);
    return { requests: maxRequests, sent: () => exchangeBytes(grpcPort, bytes, isLastAnswer) };
  }
  if (kind === 16) {
    const bytes = connectionBytes(choices, 1, authorization);
    return { requests: 1, sent: () => exchangeBytes(grpcPort, bytes) };
  }
  const port = kind === 17 ? adminPort : httpPort;
  const bytes = closingRequest(choices, authorization);
  return { requests: 1, sent: () => exchangeBytes(port, bytes) };
}

/** Makes valid calls, a few per second, until the end. @returns their number */
async function watch(
  valid: ReturnType<typeof openValidCalls>,
  problems: string[],
  ended: AbortSignal,
): Promise<number> {
  let calls = 0;
  while (!ended.aborted) {
    for (const call of [valid.overGrpc, valid.overHttp]) {
      try {
        await call();
        calls++;
      } catch (error) {
        if (problems.length < 10) problems.push((error as Error).message);
      }
    }
    await pause(250, ended);
  }
  return calls;
}
