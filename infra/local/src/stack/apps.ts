import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, launch, whenReady, workspaceRoot, type Child } from '@core/testing';

export type AppName = 'api' | 'worker' | 'importer';

export interface App {
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
  /** A URL that answers 2xx once the process can work, or a word that it then prints. */
  ready: { url: string } | { logLine: string };
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
    'url' in ready
      ? (await fetch(ready.url)).ok
      : readFileSync(child.logFile, 'utf8').includes(ready.logLine),
  );
}

/** Starts one of the three apps on an admin port of its own. */
export async function startApp(
  name: AppName,
  options: { env: Record<string, string>; dir: string; adminPort?: number; entry?: string },
): Promise<App> {
  const adminPort = await freePort(options.adminPort);
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  const child = await startProcess({
    name,
    entry: options.entry ?? `apps/${name}/src/main.ts`,
    env: { ...options.env, CORE_ADMIN_PORT: String(adminPort) },
    dir: options.dir,
    ready: { url: `${adminUrl}/readyz` },
  });
  return { child, adminUrl };
}
