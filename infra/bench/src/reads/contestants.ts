import { join } from 'node:path';
import { freePort, launch, whenReady, workspaceRoot, type Child } from '@core/testing';
import { connectsTo } from '../connects-to.ts';
import type { SuiteOptions } from '../suite.ts';
import type { BenchDatabase } from './database.ts';

/** A server of core.v1.CoreService/GetCustomerRFM. */
export interface Contestant {
  name: string;
  target: string;
  child: Child;
  /** The URL of the admin port; ours only. */
  adminUrl?: string;
}

/** The number of processes of ours, stock and echo. Go gets as many threads in one process. */
export const PROCESSES = 2;
/**
 * Connections of each process to each replica. The single Go process has as many as all processes of the
 * others.
 */
const CONNECTIONS = 10;

export type Contestants = Record<
  'ours' | 'ours_unbatched' | 'go' | 'go_batched' | 'stock' | 'echo',
  Contestant
>;

/** Starts all servers. They run concurrently, but are driven one at a time. */
export async function startContestants(
  dir: string,
  database: BenchDatabase,
  goPeer: string,
  { signal }: Pick<SuiteOptions, 'signal'>,
): Promise<Contestants> {
  const root = workspaceRoot();
  const start = async (
    name: string,
    command: string,
    args: (target: string) => string[],
    env: (port: number) => Record<string, string>,
  ): Promise<Contestant> => {
    signal.throwIfAborted();
    const port = await freePort();
    const target = `127.0.0.1:${port}`;
    const child = await launch({
      name,
      command,
      args: args(target),
      cwd: root,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env(port) },
      logFile: join(dir, `${name}.log`),
      pidFile: join(dir, `${name}.pid`),
    });
    database.stack.defer(() => child.stop());
    await whenReady(child, () => connectsTo(port));
    return { name, target, child };
  };
  const node = (name: string, entry: string) =>
    start(
      name,
      process.execPath,
      () => [join(root, entry)],
      (port) => ({
        BENCH_PORT: String(port),
        BENCH_REPLICAS: database.peerReplicaUrls.join(),
        BENCH_CONNECTIONS: String(CONNECTIONS),
        BENCH_PROCESSES: String(PROCESSES),
      }),
    );
  const go = (name: string, ...flags: string[]) =>
    start(
      name,
      goPeer,
      (target) => [
        `-listen=${target}`,
        `-replicas=${database.peerReplicaUrls.join()}`,
        `-connections=${PROCESSES * CONNECTIONS}`,
        ...flags,
      ],
      () => ({ GOMAXPROCS: String(PROCESSES) }),
    );
  const api = async (name: string, bundle: string): Promise<Contestant> => {
    signal.throwIfAborted();
    const env = {
      CORE_DB_POOL: String(CONNECTIONS),
      // No quotas: the driver is a single caller, and the peers have no quotas.
      CORE_QUOTA_CALLER: 'score_reads=0,reads=0,in_flight=0',
      CORE_QUOTA_MERCHANT: 'score_reads=0,reads=0,in_flight=0',
      CORE_API_PROCESSES: String(PROCESSES),
      LOG_LEVEL: 'fatal',
    };
    const { target, child, adminUrl } = await database.stack.start('api', {
      name,
      main: `dist/${bundle}/main.mjs`,
      env,
    });
    return { name, target, child, adminUrl };
  };
  return {
    ours: await api('ours', 'api'),
    ours_unbatched: await api('ours_unbatched', 'api-unbatched'),
    go: await go('go'),
    // Each process of ours also has two batches in flight.
    go_batched: await go('go_batched', `-batch=${2 * PROCESSES}`),
    stock: await node('stock', 'infra/bench/src/peers/stock.ts'),
    echo: await node('echo', 'infra/bench/src/peers/echo.ts'),
  };
}
