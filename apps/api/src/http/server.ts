import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { listen } from '@core/runtime';
import type { Invoker } from '../invoke.ts';
import type { Method } from '../method.ts';
import { STOP_WITHIN_MS, type RunningServer } from '../running-server.ts';
import { createCors } from './cors.ts';
import { createDrain } from './drain.ts';
import { HTTP_LIMITS, MOST_CONNECTIONS, MOST_HEADERS, type HttpLimits } from './limits.ts';
import { createRoutes } from './routes.ts';

export interface HttpServerOptions {
  port: number;
  /** All interfaces unless told. */
  host?: string | undefined;
  methods: readonly Method[];
  invoker: Invoker;
  corsOrigins: readonly string[];
  /** What else is there, by path. */
  pages: Readonly<Record<string, RequestListener>>;
  /** Where they differ from HTTP_LIMITS. */
  limits?: Partial<HttpLimits>;
}

/**
 * Connect, gRPC-Web and plain JSON over HTTP/1.1, Shopify's webhooks, and files to download; gRPC itself has its
 * own port.
 * @throws Error when the port is taken, saying which variable to change
 */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const cors = createCors(options.corsOrigins);
  const route = createRoutes(options.methods, options.invoker);
  const server = createServer({ ...HTTP_LIMITS, ...options.limits }, (req, res) => {
    drain.begin(res);
    if (cors(req, res)) return;
    const [path = ''] = (req.url ?? '').split('?', 1);
    const answer = Object.hasOwn(options.pages, path) ? options.pages[path] : undefined;
    (answer ?? route)(req, res);
  });
  server.maxHeadersCount = MOST_HEADERS;
  // Dropped, because one of several processes would hand the connection back, for ever when all are full.
  Object.assign(server, { maxConnections: MOST_CONNECTIONS, dropMaxConnection: true });
  const drain = createDrain(server);
  await listen(server, options, 'CORE_HTTP_PORT');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => drain.run(STOP_WITHIN_MS),
  };
}
