import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { freePort, workspaceRoot } from '@core/testing';

/** The worker as a process of its own. */
export interface WorkerProcess {
  output(): string;
  /** Its exit code. */
  readonly exited: Promise<number | null>;
  /** SIGTERM. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<number | null>;
  /** Of its admin port. */
  get(path: string): Promise<Response>;
}

/** @param env besides the database's; without KAFKA_BROKER there is no Kafka at its address */
export async function startWorkerProcess(
  workerUrl: URL,
  env: Record<string, string>,
): Promise<WorkerProcess> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(workspaceRoot(), 'apps/worker/src/main.ts')], {
    env: {
      CORE_DB_HOST: workerUrl.hostname,
      CORE_DB_PORT: workerUrl.port,
      CORE_DB_NAME: workerUrl.pathname.slice(1),
      CORE_DB_USER: workerUrl.username,
      CORE_DB_PASSWORD: workerUrl.password,
      KAFKA_BROKER: `127.0.0.1:${await freePort()}`,
      CORE_ADMIN_PORT: String(port),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return {
    output: () => output,
    exited,
    stop: () => (child.kill('SIGTERM'), exited),
    kill: () => (child.kill('SIGKILL'), exited),
    get: (path) => fetch(`http://127.0.0.1:${port}${path}`),
  };
}
