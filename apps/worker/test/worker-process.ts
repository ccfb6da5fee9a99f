import { readFileSync } from 'node:fs';
import { freePort } from '@core/testing';
import type { Database } from './support.ts';

/** The worker as a separate process. */
export interface WorkerProcess {
  output(): string;
  /** Its exit code. */
  readonly exited: Promise<number | null>;
  /** SIGTERM. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<number | null>;
  /** Requests a path of its admin port. */
  get(path: string): Promise<Response>;
}

let count = 0;

/** @param env in addition to the database's; without KAFKA_BROKER the worker gets an address without Kafka */
export async function startWorkerProcess(
  { stack }: Pick<Database, 'stack'>,
  env: Record<string, string>,
): Promise<WorkerProcess> {
  const { child, adminUrl } = await stack.launch('worker', {
    name: `worker-${++count}`,
    env: {
      KAFKA_BROKER: `127.0.0.1:${await freePort()}`,
      LOG_LEVEL: 'info',
      ...env,
    },
  });
  const exited = child.exited.then((how) => {
    const [, code] = /^exit code (\d+)$/.exec(how) ?? [];
    return code === undefined ? null : Number(code);
  });
  const end = (signal: NodeJS.Signals) => {
    if (child.alive()) process.kill(child.pid, signal);
    return exited;
  };
  return {
    output: () => readFileSync(child.logFile, 'utf8'),
    exited,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    get: (path) => fetch(`${adminUrl}${path}`),
  };
}
