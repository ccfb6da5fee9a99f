import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guarded, type Listener } from './guard.ts';
import type { Logger } from './logger.ts';
import type { Registry } from './metrics.ts';
import { PermanentError } from './retry.ts';

/** A condition of readiness. It throws or returns false when it is not met. */
export type ReadyCheck = () => Promise<unknown> | unknown;

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers every request below its path. */
export type AdminRoute = Listener;

export interface AdminOptions {
  port: number;
  /** Default: all interfaces. */
  host?: string | undefined;
  metrics: Registry;
  checks: Record<string, ReadyCheck>;
  /** Logs requests that failed. */
  log?: Pick<Logger, 'error'>;
  /** Further conditions for writes, checked by `/readyz?for=writes`. */
  writeChecks?: Record<string, ReadyCheck>;
  /** By path, such as /queues. */
  routes?: Readonly<Record<string, AdminRoute>>;
}

const CHECK_TIMEOUT_MS = 2_000;
const PURPOSES = ['reads', 'writes'];

/** A header of /readyz that identifies the process: the port may belong to another process than expected. */
export const PROCESS_HEADER = 'x-core-process';

/**
 * Serves /healthz (the event loop is responsive), /readyz (the app can work; 503 names the failed checks;
 * `?for=writes` adds the write checks of an app that can serve reads alone) and /metrics.
 * @throws Error when the port is in use, naming the variable to change
 */
export const startAdminServer = ({ checks, writeChecks, ...options }: AdminOptions): Promise<AdminServer> =>
  serveAdmin({
    ...options,
    failing: (forWrites) => failing(forWrites ? { ...checks, ...writeChecks } : checks),
  });

/** Like startAdminServer, for a caller that determines the failed checks and the metrics only on request. */
export async function serveAdmin(options: {
  port: number;
  host?: string | undefined;
  metrics: Pick<Registry, 'contentType' | 'metrics'>;
  /** Returns the names of the failed checks. */
  failing: (forWrites: boolean) => Promise<string[]>;
  routes?: AdminOptions['routes'];
  log?: AdminOptions['log'];
}): Promise<AdminServer> {
  const { metrics, routes = {} } = options;
  const own: Record<string, (res: ServerResponse, query: URLSearchParams) => Promise<void>> = {
    '/healthz': async (res) => reply(res, 200, { status: 'ok' }),
    '/readyz': async (res, query) => {
      const purpose = query.get('for') ?? 'reads';
      if (!PURPOSES.includes(purpose)) {
        return reply(res, 400, { error: `for: must be one of ${PURPOSES.join(', ')}` });
      }
      const failed = await options.failing(purpose === 'writes');
      res.setHeader(PROCESS_HEADER, process.pid);
      reply(
        res,
        failed.length ? 503 : 200,
        failed.length ? { status: 'not ready', failed } : { status: 'ready' },
      );
    },
    '/metrics': async (res) => {
      res.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.metrics());
    },
  };
  const serve = (req: IncomingMessage, res: ServerResponse) => {
    const [path = '', query] = (req.url ?? '').split('?', 2);
    const [, route] = Object.entries(routes).find(([at]) => path === at || path.startsWith(`${at}/`)) ?? [];
    if (route) return route(req, res);
    const answer = Object.hasOwn(own, path) ? own[path] : undefined;
    if (!answer) {
      const there = [...Object.keys(own), ...Object.keys(routes)];
      return reply(res, 404, { error: `no such page; there are ${there.join(', ')}` });
    }
    return answer(res, new URLSearchParams(query));
  };
  const server = createServer(guarded(serve, options.log));
  await listen(server, options, 'CORE_ADMIN_PORT');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => (server.close(() => resolve()), server.closeAllConnections())),
  };
}

/** Listens on all interfaces by default. For a port in use, the error names the variable that changes it. */
export const listen = (
  server: {
    listen(at: { port: number; host?: string }, done: () => void): unknown;
    once(event: 'error', f: (e: Error) => void): unknown;
  },
  { port, host }: { port: number; host?: string | undefined },
  variable: string,
): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE') {
        reject(new PermanentError(`port ${port} is taken; set ${variable} to a free one`));
      } else if (code === 'EADDRNOTAVAIL') {
        reject(
          new PermanentError(
            `this machine has no address ${host}; set CORE_LISTEN_HOST to one of its addresses`,
          ),
        );
      } else {
        reject(error);
      }
    });
    server.listen({ port, ...(host ? { host } : {}) }, resolve);
  });

/** Returns the names of the checks that are not met. */
export async function failing(checks: Record<string, ReadyCheck>): Promise<string[]> {
  const names = Object.keys(checks);
  const results = await Promise.all(Object.values(checks).map((check) => holds(check)));
  return names.filter((_, i) => !results[i]);
}

const holds = (check: ReadyCheck): Promise<boolean> =>
  Promise.race([
    (async () => (await check()) !== false)().catch(() => false),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), CHECK_TIMEOUT_MS).unref()),
  ]);

const reply = (res: ServerResponse, status: number, body: unknown) => {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
