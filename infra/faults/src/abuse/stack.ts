import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  apiEnvironment,
  bearer,
  createIssuer,
  freePort,
  launchApp,
  makeServicesDir,
  removeServicesDir,
  waitUntil,
  whenReady,
  workspaceRoot,
} from '@core/testing';
import { openApiDatabase } from '../api-database.ts';

/** An api of two processes and their supervisor, which accepts the tokens of an issuer. */
export interface AbuseStack {
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
  /** The longest stall of an event loop in any process, in milliseconds of CPU. */
  longestStall(pids: readonly number[]): number;
  /** The error lines of its log, and the output of Node itself. */
  errors(): string[];
  close(): Promise<void>;
}

export const PROCESSES = 2;

export async function openAbuseStack(): Promise<AbuseStack> {
  const dir = makeServicesDir();
  const closing: (() => Promise<unknown> | unknown)[] = [() => removeServicesDir(dir)];
  const close = async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  };
  try {
    const { on } = await openApiDatabase(dir, closing);
    const issuer = createIssuer();
    const [grpcPort, httpPort, adminPort] = [await freePort(), await freePort(), await freePort()];
    const probe = join(workspaceRoot(), 'infra/faults/src/abuse/stall-probe.ts');
    const child = await launchApp({
      app: 'api',
      dir,
      env: {
        ...apiEnvironment(on),
        ...issuer.env,
        CORE_GRPC_PORT: String(grpcPort),
        CORE_HTTP_PORT: String(httpPort),
        CORE_ADMIN_PORT: String(adminPort),
        CORE_API_PROCESSES: String(PROCESSES),
        CORE_DB_POOL: '4',
        SHOPIFY_CLIENT_SECRET: 'secret',
        LOG_LEVEL: 'warn',
        NODE_OPTIONS: `--import=file://${probe}?dir=${dir}`,
      },
    });
    closing.push(() => child.stop());
    await whenReady(child, async () => (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok);
    const pids = async () => {
      const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
      return [...text.matchAll(/^core_calls_in_flight\{.*process="(\d+)"/gm)]
        .map(([, pid]) => Number(pid))
        .sort();
    };
    return {
      grpcPort,
      httpPort,
      adminPort,
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
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The resident memory of a process in MiB. */
export function residentOf(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1_024;
}
