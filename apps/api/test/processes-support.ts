import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { create, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { GetProgramSettingsRequestSchema } from '@core/contracts';
import { waitUntil, whenReady, type Child } from '@core/testing';
import { repeatRefused } from './repeat-refused.ts';
import { API_ENV, merchant, startApiStack } from './support.ts';

/** One for all, so that a process asks Auth once. */
const MERCHANT = merchant();

export interface LaunchedApi {
  child: Child;
  grpcPort: number;
  url: string;
  adminUrl: string;
  log(): string;
  /** Whether /readyz answers 200. */
  ready(): Promise<boolean>;
  /** @throws Error with what /readyz says is missing */
  assertReady(): Promise<void>;
  /** Calls answered so far by each of its processes, by pid. */
  calls(): Promise<Map<number, number>>;
  /** The pids of its processes: as many as configured or, while they are replaced, more. */
  pids(): Promise<number[]>;
  /** The pids of the processes that answer just now. */
  answering(): Promise<number[]>;
  signal(name: 'SIGTERM' | 'SIGHUP'): void;
}

export interface Launchpad {
  /** Starts an api as a process of its own and waits until all `processes` behind its ports serve. */
  launch(processes: number, env?: NodeJS.ProcessEnv): Promise<LaunchedApi>;
  /** The same without waiting for readiness. */
  begin(processes: number, env?: NodeJS.ProcessEnv): Promise<LaunchedApi>;
  close(): Promise<void>;
}

/** The supervisor logs its processes once, when the last one serves. */
const allServe = (api: LaunchedApi): boolean => api.log().includes('"processes":[');

/** A database and an Auth for any number of apis, which all end with it. */
export async function openLaunchpad(): Promise<Launchpad> {
  const stack = await startApiStack();
  let count = 0;

  const begin = async (processes: number, env: NodeJS.ProcessEnv = {}): Promise<LaunchedApi> => {
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
    // On a connection of its own, as a prober asks: a kept one that the server closes after five idle seconds takes a
    // question with it where the machine stands still for so long.
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
    begin,
    async launch(processes, env) {
      const api = await begin(processes, env);
      await whenReady(api.child, api.ready);
      // Ready is an api whose first process serves; a caller that connects then finds that one alone.
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

/** An HTTP client with one connection that it keeps as long as it may. */
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
        // A connection that sends nothing for a second while its server stops is closed, into what it may send
        // just then. In this loop nobody pauses for so long, unless the machine does.
        if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET' || since < 1_000) throw error;
      }
    },
    close: () => agent.destroy(),
  };
}

export interface Load {
  done(): number;
  failures: string[];
  /** Starts no more calls; resolves when the last has ended. */
  end(): Promise<void>;
}

/** On a machine short of CPU a new process may not hear Auth within its second. That is not what is asked here. */
const AUTH_WAS_SLOW = /Auth cannot tell/;

/** More say nothing new, and calls of a closed client fail at once: a spec that gave up would spin for ever. */
const MOST_FAILURES = 100;

/** Keeps `inFlight` calls under way until told to end, or too many have failed. */
export function startLoad(inFlight: number, call: (n: number) => Promise<unknown>): Load {
  let done = 0;
  let ending = false;
  const failures: string[] = [];
  const loop = async (n: number) => {
    while (!ending && failures.length < MOST_FAILURES) {
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
