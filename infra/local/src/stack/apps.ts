import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { answersReady, freePort, launch, whenReady, workspaceRoot, type Child } from '@core/testing';

export type AppName = 'api' | 'worker' | 'importer';

export interface App {
  /** worker, worker-2: that of its log. */
  readonly name: string;
  readonly child: Child;
  /** Of its admin server: /healthz, /readyz, /metrics. */
  readonly adminUrl: string;
}

export interface StartApp {
  name: string;
  /** Of its main.ts or bundle, from the checkout's root. */
  entry: string;
  env: Record<string, string>;
  dir: string;
  /** Its admin server, which reports readiness, or a text that it prints when ready. */
  ready: { adminUrl: string } | { logLine: string };
}

/** Starts one Node process of the house and waits until it says that it is ready. */
export async function startProcess({ name, entry, env, dir, ready }: StartApp): Promise<Child> {
  const child = await launch({
    name,
    command: process.execPath,
    args: [join(workspaceRoot(), entry)],
    cwd: workspaceRoot(),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    logFile: join(dir, `${name}.log`),
    pidFile: join(dir, `${name}.pid`),
  });
  return whenReady(child, async () =>
    'adminUrl' in ready
      ? answersReady(child, ready.adminUrl)
      : readFileSync(child.logFile, 'utf8').includes(ready.logLine),
  );
}

/**
 * Starts a process of one of the three apps with its own admin port, for this machine only.
 * @param options.number the first process of the app has 1
 */
export async function startApp(
  app: AppName,
  options: {
    env: Record<string, string>;
    dir: string;
    adminPort: number | undefined;
    entry?: string;
    number?: number;
  },
): Promise<App> {
  const { number = 1 } = options;
  const name = number === 1 ? app : `${app}-${number}`;
  const adminPort = await freePort(options.adminPort);
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const child = await startProcess({
    name,
    entry: options.entry ?? `apps/${app}/src/main.ts`,
    env: { ...options.env, CORE_LISTEN_HOST: '127.0.0.1', CORE_ADMIN_PORT: String(adminPort) },
    dir: options.dir,
    ready: { adminUrl },
  });
  return { name, child, adminUrl };
}
