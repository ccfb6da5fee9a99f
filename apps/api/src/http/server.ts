import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guarded, listen, type Logger } from '@core/runtime';
import type { RpcPipeline } from '../rpc-pipeline.ts';
import type { Method } from '../method.ts';
import { originForm, pathOfTarget } from '../paths.ts';
import type { ByteBudget } from '../request/byte-budget.ts';
import { limitConnections } from '../request/limit-connections.ts';
import { STOP_WITHIN_MS, type RunningServer } from '../running-server.ts';
import { createCors } from './cors.ts';
import { createDrain } from './drain.ts';
import { headProblem } from './head.ts';
import { createPendingReplies, endConnectionWith } from './pending-replies.ts';
import { HTTP_LIMITS, MAX_HEADERS, type HttpLimits } from './limits.ts';
import { NO_STORE, refuse } from './refusal.ts';
import { createRoutes } from './routes.ts';
import { refuseUnserved } from './unserved.ts';

export interface Route {
  (req: IncomingMessage, res: ServerResponse): unknown;
  /** Headers whose repetition the route checks itself, in its own order of checks. */
  checkedHeaders?: readonly string[];
  /** Set for a route that answers everyone: its answers do not prove that the peer is known. */
  anonymous?: boolean;
}

export interface HttpServerOptions {
  port: number;
  /** Default: all interfaces. */
  host?: string | undefined;
  methods: readonly Method[];
  pipeline: RpcPipeline;
  /** Byte budget shared by the bodies of all rpcs. */
  budget: ByteBudget;
  corsOrigins: readonly string[];
  /** Returns the route at a path that is not an rpc, or undefined. */
  routeAt: (path: string) => Route | undefined;
  log: Pick<Logger, 'error'>;
  /** Overrides of HTTP_LIMITS. */
  limits?: Partial<HttpLimits>;
}

/**
 * Serves Connect, gRPC-Web and plain JSON over HTTP/1.1, Shopify's webhooks, and downloads; gRPC itself has a
 * separate port.
 * @throws Error when the port is in use; it names the variable to change
 */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const cors = createCors(options.corsOrigins);
  const { maxConnections, ...limits } = { ...HTTP_LIMITS, ...options.limits };
  const connections = limitConnections({ most: maxConnections });
  const rpcs = createRoutes(options.methods, options.pipeline, options.budget, connections);
  const pendingReplies = createPendingReplies();
  const handleRequest = (req: IncomingMessage, res: ServerResponse) => {
    if (!pendingReplies.begin(req, res)) return undefined;
    drain.begin(res);
    // The server ignores Upgrade, as RFC 9110, 7.8 allows. But the parser drops the bytes that arrived after
    // such a request, so the connection must end. Rejected: refusing the request, because Java's client asks
    // for h2c with each request. The cost: that client opens a connection for each request.
    if (req.headers.upgrade !== undefined) endConnectionWith(res);
    res.setHeaders(new Map(Object.entries(NO_STORE)));
    req.url = originForm(req.url);
    const route = options.routeAt(pathOfTarget(req.url));
    const problem = headProblem(req, route?.checkedHeaders);
    if (problem) return refuse(req, res, problem);
    if (cors(req, res)) return undefined;
    if (!route) return rpcs(req, res);
    // On the other routes only a known caller gets a successful answer: by a signature or through the gate.
    if (!route.anonymous)
      res.once('finish', () => res.statusCode < 400 && connections.markAdmitted(req.socket));
    return route(req, res);
  };
  const serve = guarded(handleRequest, options.log);
  // node:http would answer a request without a Host with a bare status line.
  const server = createServer({ ...limits, requireHostHeader: false });
  for (const event of ['request', 'checkContinue', 'checkExpectation']) server.on(event, serve);
  refuseUnserved(server, pendingReplies);
  server.maxHeadersCount = MAX_HEADERS;
  connections.watch(server);
  const drain = createDrain(server, pendingReplies);
  await listen(server, options, 'CORE_HTTP_PORT');
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => drain.run(STOP_WITHIN_MS),
  };
}
