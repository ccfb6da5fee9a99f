import { answersReady, freePort, whenReady, type Child } from '@core/testing';
import { launchProgram } from './launch-program.ts';
import type { AppName } from './options.ts';

export interface LaunchApp {
  /**
   * Names the log and pid files; by default the app's name. Several processes of one app need different
   * names.
   */
  name?: string;
  /** These variables override those of envOf; undefined removes one. */
  env?: NodeJS.ProcessEnv;
  /** Runs the bundle in dist, as in a deployment, instead of the source. */
  bundled?: boolean;
  /** Another program, instead of the bundle or the source. */
  main?: string;
  /** Preferred ports, so that a restarted app keeps its addresses. */
  ports?: Partial<AppPorts>;
}

interface AppPorts {
  admin: number;
  /** Used by the api only, like `http`. */
  grpc: number;
  http: number;
}

/** A process of an app. */
export interface App {
  readonly name: string;
  readonly child: Child;
  readonly ports: AppPorts;
  /** http://127.0.0.1:port with /healthz, /readyz and /metrics. */
  readonly adminUrl: string;
  /** 127.0.0.1:port of the api's gRPC port. */
  readonly target: string;
  /** http://127.0.0.1:port of the api's HTTP port. */
  readonly url: string;
}

/**
 * Starts a process of an app, and does not wait until it is ready.
 * @param on the environment of the app on this stack
 */
export async function launchApp(
  app: AppName,
  { dir, on }: { dir: string; on: Record<string, string> },
  { name = app, env = {}, bundled = false, main, ports: preferred = {} }: LaunchApp,
): Promise<App> {
  const ports = {
    admin: await freePort(preferred.admin),
    grpc: await freePort(preferred.grpc),
    http: await freePort(preferred.http),
  };
  const program = main ?? (bundled ? `dist/${app}/main.mjs` : `apps/${app}/src/main.ts`);
  const child = await launchProgram({
    name,
    program,
    dir,
    env: {
      ...on,
      CORE_ADMIN_PORT: String(ports.admin),
      ...(app === 'api' && {
        CORE_GRPC_PORT: String(ports.grpc),
        CORE_HTTP_PORT: String(ports.http),
        CORE_PUBLIC_URL: `http://127.0.0.1:${ports.http}`,
      }),
      ...env,
    },
  });
  return {
    name,
    child,
    ports,
    adminUrl: `http://127.0.0.1:${ports.admin}`,
    target: `127.0.0.1:${ports.grpc}`,
    url: `http://127.0.0.1:${ports.http}`,
  };
}

/**
 * Waits until the process reports that it is ready.
 * @throws Error with the end of its log when it exits instead
 */
export async function waitUntilReady(app: App): Promise<App> {
  await whenReady(app.child, () => answersReady(app.child, app.adminUrl));
  return app;
}
