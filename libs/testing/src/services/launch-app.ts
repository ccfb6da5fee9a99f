import { join, resolve } from 'node:path';
import { apiEnvironment } from '../api-environment.ts';
import { answersReady } from './answers-ready.ts';
import { launch, whenReady, type Child } from './child.ts';
import { freePort } from './ports.ts';
import { workspaceRoot } from './workspace.ts';

export interface LaunchApp {
  app: 'api' | 'worker' | 'importer';
  /** Of its log and pid files. */
  dir: string;
  /** Of several, each has its own; the app's unless told. */
  name?: string;
  /** All it gets, besides PATH. */
  env: NodeJS.ProcessEnv;
  /** The bundle in dist, as it is deployed, instead of the source. */
  bundled?: boolean;
  /** Another program instead of these two. */
  main?: string;
}

/** Starts an app as a process of its own, and does not wait until it is ready. */
export function launchApp({ app, dir, name = app, env, bundled = false, main }: LaunchApp): Promise<Child> {
  const program = main ?? (bundled ? `dist/${app}/main.mjs` : `apps/${app}/src/main.ts`);
  return launch({
    name,
    command: process.execPath,
    args: [resolve(workspaceRoot(), program)],
    cwd: workspaceRoot(),
    env: { PATH: process.env['PATH'], CORE_LISTEN_HOST: '127.0.0.1', ...env },
    logFile: join(dir, `${name}.log`),
    pidFile: join(dir, `${name}.pid`),
  });
}

/** Starts an api from source on these services, at free ports. @returns when it is ready, with its gRPC target */
export async function startApi(
  dir: string,
  on: Parameters<typeof apiEnvironment>[0],
  env: NodeJS.ProcessEnv = {},
): Promise<{ child: Child; target: string }> {
  const [grpcPort, adminPort] = [await freePort(), await freePort()];
  const child = await launchApp({
    app: 'api',
    dir,
    env: {
      ...apiEnvironment(on),
      CORE_GRPC_PORT: String(grpcPort),
      CORE_ADMIN_PORT: String(adminPort),
      LOG_LEVEL: 'warn',
      ...env,
    },
  });
  await whenReady(child, () => answersReady(child, `http://127.0.0.1:${adminPort}`));
  return { child, target: `127.0.0.1:${grpcPort}` };
}
