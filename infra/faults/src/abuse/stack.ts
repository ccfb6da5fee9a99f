import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startStack } from '@core/stack';
import { bearer, waitUntil, workspaceRoot } from '@core/testing';

/** An api with two processes and their supervisor, which accepts the tokens of an issuer. */
export interface AbuseStack extends AsyncDisposable {
  grpcPort: number;
  httpPort: number;
  adminPort: number;
  /** The authorization header of a caller with all scopes. */
  authorization: string;
  /** Pids of the processes that answer calls. */
  pids(): Promise<number[]>;
  /** Pid of the supervisor, undefined once it has ended. */
  supervisor(): number | undefined;
  /** Starts to measure event loop stalls, after the program is warm. */
  measureStalls(): void;
  /** Returns the longest stall of an event loop in any process, in milliseconds of CPU time. */
  longestStall(pids: readonly number[]): number;
  /** Returns the error lines of the api's log, and the output of Node itself. */
  errors(): string[];
}

export const PROCESSES = 2;

export async function openAbuseStack(): Promise<AbuseStack> {
  await using started = new AsyncDisposableStack();
  const stack = started.use(await startStack({ postgres: {}, auth: {} }));
  const { dir, issuer } = stack;
  const probe = join(workspaceRoot(), 'infra/faults/src/abuse/stall-probe.ts');
  const { child, ports, adminUrl } = await stack.start('api', {
    env: {
      ...issuer.env,
      CORE_API_PROCESSES: String(PROCESSES),
      CORE_DB_POOL: '4',
      SHOPIFY_CLIENT_SECRET: 'secret',
      NODE_OPTIONS: `--import=file://${probe}?dir=${dir}`,
    },
  });
  const pids = async () => {
    const text = await (await fetch(`${adminUrl}/metrics`)).text();
    return [...text.matchAll(/^core_calls_in_flight\{.*process="(\d+)"/gm)]
      .map(([, pid]) => Number(pid))
      .sort();
  };
  const stops = started.move();
  return {
    grpcPort: ports.grpc,
    httpPort: ports.http,
    adminPort: ports.admin,
    authorization: bearer(issuer.token()).authorization,
    // A process without enough CPU may miss one scrape.
    pids: () =>
      waitUntil(async () => ((await pids()).length === PROCESSES ? pids() : false), {
        what: `${PROCESSES} processes to answer`,
      }),
    supervisor: () => (child.alive() ? child.pid : undefined),
    measureStalls: () => writeFileSync(join(dir, 'measure'), ''),
    longestStall: (of) =>
      Math.max(
        ...of
          .map((pid) => join(dir, `stall-${pid}`))
          .map((file) => (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0)),
      ),
    errors: () =>
      readFileSync(child.logFile, 'utf8')
        .split('\n')
        .filter((line) => /"level":"(error|fatal)"/.test(line) || /^[^{\s(]/.test(line)),
    [Symbol.asyncDispose]: () => stops.disposeAsync(),
  };
}

/** Returns the resident memory of a process in MiB. */
export function residentOf(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1_024;
}
