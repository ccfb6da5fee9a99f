import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { GetProgramSettingsRequestSchema } from '@core/contracts';
import { freePort, launch, startAuthStandIn, whenReady, workspaceRoot, type Child } from '@core/testing';
import { environment, merchant, testDatabase } from './support.ts';

export interface LaunchedApi {
  child: Child;
  grpcPort: number;
  url: string;
  adminUrl: string;
  log(): string;
  /** Whether /readyz answers 200. */
  ready(): Promise<boolean>;
  /** Calls answered so far by each of its processes, by pid. */
  calls(): Promise<Map<number, number>>;
  pids(): Promise<number[]>;
  signal(name: 'SIGTERM' | 'SIGHUP'): void;
}

export interface Launchpad {
  /** Starts an api as a process of its own; `processes` are those behind its ports. */
  launch(processes: number, env?: NodeJS.ProcessEnv): Promise<LaunchedApi>;
  /** The same without waiting for readiness. */
  begin(processes: number, env?: NodeJS.ProcessEnv): Promise<LaunchedApi>;
  close(): Promise<void>;
}

/** A database and an Auth for any number of apis, which all end with it. */
export async function openLaunchpad(): Promise<Launchpad> {
  const auth = await startAuthStandIn();
  const database = await testDatabase();
  const dir = mkdtempSync(join(tmpdir(), 'core-api-'));
  const launched: Child[] = [];

  const begin = async (processes: number, env: NodeJS.ProcessEnv = {}): Promise<LaunchedApi> => {
    const [grpcPort, httpPort, adminPort] = [await freePort(), await freePort(), await freePort()];
    const name = `api-${launched.length}`;
    const child = await launch({
      name,
      command: process.execPath,
      args: [join(workspaceRoot(), 'apps/api/src/main.ts')],
      cwd: workspaceRoot(),
      env: {
        PATH: process.env['PATH'],
        ...environment(database, auth),
        CORE_GRPC_PORT: String(grpcPort),
        CORE_HTTP_PORT: String(httpPort),
        CORE_ADMIN_PORT: String(adminPort),
        CORE_API_PROCESSES: String(processes),
        CORE_DB_POOL: '4',
        LOG_LEVEL: 'info',
        ...env,
      },
      logFile: join(dir, `${name}.log`),
      pidFile: join(dir, `${name}.pid`),
    });
    launched.push(child);
    const adminUrl = `http://127.0.0.1:${adminPort}`;
    const byProcess = async (metric: string) => {
      const text = await (await fetch(`${adminUrl}/metrics`)).text();
      const lines = text.matchAll(new RegExp(`^${metric}\\{.*process="(\\d+)".*\\} (\\d+)$`, 'gm'));
      return new Map([...lines].map(([, pid, count]) => [Number(pid), Number(count)]));
    };
    const pids = async () => [...(await byProcess('core_calls_in_flight')).keys()];
    return {
      child,
      grpcPort,
      url: `http://127.0.0.1:${httpPort}`,
      adminUrl,
      log: () => readFileSync(child.logFile, 'utf8'),
      ready: async () => (await fetch(`${adminUrl}/readyz`)).ok,
      async calls() {
        const answered = await byProcess('core_process_calls_total');
        return new Map((await pids()).map((pid) => [pid, answered.get(pid) ?? 0]));
      },
      pids,
      signal: (signal) => void process.kill(child.pid, signal),
    };
  };
  return {
    begin,
    async launch(processes, env) {
      const api = await begin(processes, env);
      await whenReady(api.child, api.ready);
      return api;
    },
    async close() {
      await Promise.all(launched.map((child) => child.stop()));
      await auth.close();
      await database.drop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

export interface Caller {
  call(): Promise<void>;
  close(): void;
}

/** A gRPC client with connections of its own, spread over `ports` as one behind a list of addresses does. */
export function createCaller(...ports: number[]): Caller {
  const client = new grpc.Client(
    `ipv4:${ports.map((port) => `127.0.0.1:${port}`).join()}`,
    grpc.credentials.createInsecure(),
    {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    },
  );
  const request = create(GetProgramSettingsRequestSchema, { merchantId: merchant() });
  const bytes = Buffer.from(toBinary(GetProgramSettingsRequestSchema, request));
  const same = (message: Buffer) => message;
  return {
    call: () =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          '/core.v1.CoreService/GetProgramSettings',
          same,
          same,
          bytes,
          new grpc.Metadata(),
          { deadline: Date.now() + 60_000 },
          (error) => (error ? reject(error) : resolve()),
        );
      }),
    close: () => client.close(),
  };
}

export interface Load {
  done(): number;
  failures: string[];
  /** Starts no more calls; resolves when the last has ended. */
  end(): Promise<void>;
}

/** Keeps `inFlight` calls under way until told to end. */
export function startLoad(inFlight: number, call: (n: number) => Promise<unknown>): Load {
  let done = 0;
  let ending = false;
  const failures: string[] = [];
  const loop = async (n: number) => {
    while (!ending) {
      try {
        await call(n);
        done++;
      } catch (error) {
        failures.push(
          error instanceof Error ? `${error.message} ${String(error.cause ?? '')}` : String(error),
        );
      }
    }
  };
  const loops = Array.from({ length: inFlight }, (_, n) => loop(n));
  return {
    done: () => done,
    failures,
    async end() {
      ending = true;
      await Promise.all(loops);
    },
  };
}
