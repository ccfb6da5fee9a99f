import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { create, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { GetProgramSettingsRequestSchema } from '@core/contracts';
import { waitUntil, whenReady, type Child } from '@core/testing';
import { repeatRefused } from './repeat-refused.ts';
import { API_ENV, merchant, startApiStack } from './support.ts';

/** One merchant for all calls, so that a process calls Auth once. */
const MERCHANT = merchant();

export interface LaunchedApi {
  child: Child;
  grpcPort: number;
  url: string;
  adminUrl: string;
  log(): string;
  /** Returns whether /readyz answers 200. */
  ready(): Promise<boolean>;
  /** @throws Error with the failing checks of /readyz */
  assertReady(): Promise<void>;
  /** Returns the number of calls that each of its processes has answered so far, by pid. */
  calls(): Promise<Map<number, number>>;
  /** Returns the pids of its processes: as many as configured or, during a replacement, more. */
  pids(): Promise<number[]>;
  /** Returns the pids of the processes that answer at the moment. */
  answering(): Promise<number[]>;
  signal(name: 'SIGTERM' | 'SIGHUP'): void;
}

export interface ApiLauncher {
  /** Starts an API as a separate process and waits until all `processes` behind its ports serve. */
  launch(processes: number, env?: NodeJS.ProcessEnv): Promise<LaunchedApi>;
  /** Does the same without waiting for readiness. */
  start(processes: number, env?: NodeJS.ProcessEnv): Promise<LaunchedApi>;
  close(): Promise<void>;
}

/** The supervisor logs its processes once, when the last one serves. */
const allServe = (api: LaunchedApi): boolean => api.log().includes('"processes":[');

/** Opens a database and an Auth for any number of APIs, which all stop with it. */
export async function openLauncher(): Promise<ApiLauncher> {
  const stack = await startApiStack();
  let count = 0;

  const start = async (processes: number, env: NodeJS.ProcessEnv = {}): Promise<LaunchedApi> => {
    const { child, ports, url, adminUrl } = await stack.launch('api', {
      name: `api-${count++}`,
      env: {
        ...API_ENV,
        CORE_API_PROCESSES: String(processes),
        CORE_DB_POOL: '4',
        LOG_LEVEL: 'info',
        ...env,
      },
    });
    const answers = async (): Promise<Map<number, number>> => {
      const text = await (await fetch(`${adminUrl}/metrics`)).text();
      const byProcess = (metric: string) =>
        [...text.matchAll(new RegExp(`^${metric}\\{.*process="(\\d+)".*\\} (\\d+)$`, 'gm'))].map(
          ([, pid, value]) => [Number(pid), Number(value)] as const,
        );
      const answered = new Map(byProcess('core_process_calls_total'));
      return new Map(byProcess('core_calls_in_flight').map(([pid]) => [pid, answered.get(pid) ?? 0]));
    };
    // A process short of CPU may miss one scrape.
    const calls = () =>
      waitUntil(
        async () => {
          const found = await answers();
          return found.size >= processes && found;
        },
        { what: `${processes} processes to answer` },
      );
    // Uses a separate connection, as a probe does. The server closes a kept connection after five idle
    // seconds. If the machine pauses for that long, the next request on such a connection is lost.
    const probe = () => fetch(`${adminUrl}/readyz`, { headers: { connection: 'close' } });
    return {
      child,
      grpcPort: ports.grpc,
      url,
      adminUrl,
      log: () => readFileSync(child.logFile, 'utf8'),
      ready: async () => (await probe()).ok,
      async assertReady() {
        const answer = await probe();
        if (!answer.ok) throw new Error(`not ready: ${await answer.text()}`);
      },
      calls,
      pids: async () => [...(await calls()).keys()],
      answering: async () => [...(await answers()).keys()],
      signal: (signal) => void process.kill(child.pid, signal),
    };
  };
  return {
    start,
    async launch(processes, env) {
      const api = await start(processes, env);
      await whenReady(api.child, api.ready);
      // An API is ready when its first process serves; a caller that connects then finds only that process.
      if (processes > 1) await waitUntil(() => allServe(api), { what: 'all processes to serve' });
      return api;
    },
    close: stack.stop,
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

/** Creates a gRPC client with its own connections, spread over `ports` as with a list of addresses. */
export function createCaller(...ports: number[]): Caller {
  const client = new grpc.Client(
    `ipv4:${ports.map((port) => `127.0.0.1:${port}`).join()}`,
    grpc.credentials.createInsecure(),
    {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    },
  );
  const request = create(GetProgramSettingsRequestSchema, { merchantId: MERCHANT });
  const bytes = Buffer.from(toBinary(GetProgramSettingsRequestSchema, request));
  const same = (message: Buffer) => message;
  const call = () =>
    new Promise<void>((resolve, reject) => {
      client.makeUnaryRequest(
        '/core.v1.CoreService/GetProgramSettings',
        same,
        same,
        bytes,
        new grpc.Metadata(),
        { deadline: Date.now() + 60_000 },
        (error) => (error ? reject(error) : resolve()),
      );
    });
  return { call: () => repeatRefused(call), close: () => client.close() };
}

/** Creates an HTTP client with one connection, which it keeps as long as it may. */
export function createHttpCaller(url: string): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const body = JSON.stringify({ merchantId: MERCHANT });
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  let sentAt = 0;
  return {
    async call() {
      const since = Date.now() - sentAt;
      sentAt = Date.now();
      try {
        const sent = request(`${url}/core.v1.CoreService/GetProgramSettings`, {
          agent,
          headers,
          method: 'POST',
        });
        sent.end(body);
        const [reply] = (await once(sent, 'response')) as [IncomingMessage];
        const text = (await reply.toArray()).join('');
        if (reply.statusCode !== 200) throw new Error(`HTTP ${reply.statusCode} ${text}`);
      } catch (error) {
        // A connection that sends nothing for a second while its server shuts down is closed, possibly while
        // it sends. No caller in this loop pauses for that long, unless the machine does.
        if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET' || since < 1_000) throw error;
      }
    },
    close: () => agent.destroy(),
  };
}

export interface Load {
  done(): number;
  failures: string[];
  /** Starts no more calls; resolves when the last one has ended. */
  end(): Promise<void>;
}

/**
 * On a machine short of CPU a new process may not receive Auth's reply within a second. These tests do not
 * check that.
 */
const AUTH_WAS_SLOW = /Auth cannot confirm/;

/**
 * More failures add no information. Calls of a closed client fail at once: after a failed spec the load would
 * loop forever.
 */
const MAX_FAILURES = 100;

/** Keeps `inFlight` calls in flight until it is ended, or too many have failed. */
export function startLoad(inFlight: number, call: (n: number) => Promise<unknown>): Load {
  let done = 0;
  let ending = false;
  const failures: string[] = [];
  const loop = async (n: number) => {
    while (!ending && failures.length < MAX_FAILURES) {
      try {
        await call(n);
        done++;
      } catch (error) {
        const { message, cause = '' } = error as Error;
        if (!AUTH_WAS_SLOW.test(message)) failures.push(`${message} ${String(cause)}`);
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
