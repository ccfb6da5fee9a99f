import { join } from 'node:path';
import { pause } from '@core/runtime';
import { grpcClient, type GrpcClient } from '@core/testing';
import { eventually } from '../eventually.ts';
import { createRandom } from '../random.ts';
import { startLoad, type Load } from '../update/load.ts';
import type { Servers } from './servers.ts';
import { startProxy, type Proxy } from './start-proxy.ts';
import { watch } from './watch.ts';

/** Longer than the 15 s after which Envoy closes a stream by default. */
const SECONDS = { short: 20, long: 60 };
/** Calls between two changes of the servers. */
const BETWEEN = { short: 2_000, long: 10_000 };
const CALLERS = 24;
/** Connections of the callers to the proxy, so that each of its threads has some. */
const CONNECTIONS = 8;
const WATCHES = 8;

export interface RunBehindOptions {
  short: boolean;
  seed: number;
  signal: AbortSignal;
  report(what: string, note: string, violations: readonly string[]): void;
}

export async function runBehind(
  proxy: Proxy,
  servers: Servers,
  { short, seed, signal, report }: RunBehindOptions,
): Promise<void> {
  const form = short ? 'short' : 'long';
  const [first, second] = servers.both;
  await first.start();
  await second.start();
  await using stops = new AsyncDisposableStack();
  const { child, target } = await startProxy(proxy, join(servers.dir, proxy.command), servers.ports);
  stops.defer(() => child.stop());
  const open = () => grpcClient(target, { channel: { 'grpc.use_local_subchannel_pool': 1 } });
  const watches = Array.from({ length: WATCHES }, () => watch(open(), servers.watched));
  stops.defer(async () => watches.forEach((each) => each.close()));
  const allWatch = async () => {
    await eventually('every watch to be open', () => !child.alive() || watches.every(({ seen }) => seen > 0));
    if (!child.alive()) throw new Error(`${proxy.name} has exited: ${await child.exited}`);
  };
  await allWatch();
  for (const each of watches) each.ends.length = 0; // ends from before the proxy listened
  const clients = Array.from({ length: CONNECTIONS }, open);
  stops.defer(async () => clients.forEach((client) => client.close()));
  const call = inTurn(clients);

  const underLoad = async (work: (load: Load) => Promise<unknown>) => {
    const before = await servers.stored();
    const load = startLoad({ call }, createRandom(seed), CALLERS);
    await work(load).finally(() => load.stop());
    const made = (await servers.stored()) - before;
    const failures = [...load.failures];
    const failed = failures.reduce((sum, [, times]) => sum + times, 0);
    const violations = failures.map(([message, times]) => `${times} calls failed: ${message}`);
    if (made !== load.created)
      violations.push(`${made} customers are stored for ${load.created} answered creations`);
    violations.push(...new Set(watches.flatMap(({ ends }) => ends.splice(0))));
    return { note: `${load.calls} calls, ${failed} failed`, violations };
  };

  const closedByAge = await underLoad(() => pause(SECONDS[form] * 1_000, signal));
  const seen = Math.min(...watches.map((each) => each.seen));
  report(
    'connections of 1 s',
    `${closedByAge.note}; ${WATCHES} watches continue after ${seen} snapshots`,
    closedByAge.violations,
  );
  const stoppedInTurn = await underLoad(async (load) => {
    for (const change of [() => second.end(), () => second.start(), () => first.end()]) {
      signal.throwIfAborted();
      await change();
      await load.reached(load.calls + BETWEEN[form]);
    }
    await allWatch();
  });
  const stopped = watches.reduce((sum, each) => sum + each.stopped, 0);
  const reopened = `${stopped} watches were closed by a stopping server and opened again`;
  report('servers stopped in turn', `${stoppedInTurn.note}; ${reopened}`, stoppedInTurn.violations);
}

const inTurn = (clients: readonly GrpcClient[]) => {
  let turn = 0;
  return <T>(work: (rpc: GrpcClient) => Promise<T>): Promise<T> =>
    work(clients[turn++ % clients.length] as GrpcClient);
};
