import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guarded, listen, type Listener, type Logger } from '@core/runtime';
import type { Invoker } from '../invoke.ts';
import type { Method } from '../method.ts';
import type { ByteBudget } from '../request/byte-budget.ts';
import { keepProven } from '../request/keep-proven.ts';
import { STOP_WITHIN_MS, type RunningServer } from '../running-server.ts';
import { createCors } from './cors.ts';
import { createDrain } from './drain.ts';
import { endAnswer } from './end-answer.ts';
import { hostProblem } from './host.ts';
import { HTTP_LIMITS, MOST_HEADERS, type HttpLimits } from './limits.ts';
import { createRoutes } from './routes.ts';

export interface HttpServerOptions {
  port: number;
  /** Default: all interfaces. */
  host?: string | undefined;
  methods: readonly Method[];
  invoker: Invoker;
  /** Byte budget shared by the bodies of all rpcs. */
  budget: ByteBudget;
  corsOrigins: readonly string[];
  /** What else is there, by path. */
  pages: Readonly<Record<string, Listener>>;
  log: Pick<Logger, 'error'>;
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
  const { mostConnections, ...limits } = { ...HTTP_LIMITS, ...options.limits };
  const connections = keepProven({ most: mostConnections });
  const route = createRoutes(options.methods, options.invoker, options.budget, connections);
  const answer = (req: IncomingMessage, res: ServerResponse) => {
    drain.begin(res);
    const problem = hostProblem(req);
    if (problem) {
      const body = JSON.stringify({ code: 'invalid_argument', message: problem });
      return endAnswer(req, res, 400, { 'content-type': 'application/json' }, body);
    }
    if (cors(req, res)) return undefined;
    const [path = ''] = (req.url ?? '').split('?', 1);
    const page = Object.hasOwn(options.pages, path) ? options.pages[path] : undefined;
    if (!page) return route(req, res);
    // Only a known caller is answered well there: by a signature or through the gate.
    res.once('finish', () => res.statusCode < 400 && connections.prove(req.socket));
    return page(req, res);
  };
  const server = createServer(limits, guarded(answer, options.log));
  server.maxHeadersCount = MOST_HEADERS;
  connections.watch(server);
  const drain = createDrain(server);
  await listen(server, options, 'CORE_HTTP_PORT');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => drain.run(STOP_WITHIN_MS),
  };
}
