import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DescMethod } from '@bufbuild/protobuf';
import type { ConnectRouter, HandlerContext, MethodImpl } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { listen } from '@core/runtime';
import type { RunningServer } from '../grpc/server.ts';
import type { Incoming, Invoker } from '../invoke.ts';
import type { Method } from '../method.ts';
import { withoutAlias } from '../paths.ts';
import { createCors } from './cors.ts';
import { hideValues } from './hide-values.ts';

export interface HttpServerOptions {
  port: number;
  methods: readonly Method[];
  invoker: Invoker;
  corsOrigins: readonly string[];
}

const LARGEST_MESSAGE = 4 * 1024 * 1024;
const STOP_WITHIN_MS = 10_000;

/**
 * Connect, gRPC-Web and plain JSON over HTTP/1.1; gRPC itself has its own port.
 * @throws Error when the port is taken, saying which variable to change
 */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const handle = connectNodeAdapter({
    grpc: false,
    // A reader of JSON should see `"created": false`, not have to know that it is the default.
    jsonOptions: { alwaysEmitImplicit: true },
    readMaxBytes: LARGEST_MESSAGE,
    writeMaxBytes: LARGEST_MESSAGE,
    routes: (router) => {
      for (const method of options.methods) addRoute(router, method, options.invoker);
      router.handlers.splice(0, Infinity, ...router.handlers.map(hideValues));
    },
  });
  const cors = createCors(options.corsOrigins);
  const server = createServer((req, res) => {
    if (cors(req, res)) return;
    req.url = withoutAlias(req.url ?? '/');
    handle(req, res);
  });
  await listen(server, options.port, 'CORE_HTTP_PORT');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      // Connections are idle between calls, so closing those that are, again and again, drains the server.
      const drain = setInterval(() => server.closeIdleConnections(), 50);
      const forced = setTimeout(() => server.closeAllConnections(), STOP_WITHIN_MS);
      await new Promise<void>((resolve) => server.close(() => resolve()));
      clearInterval(drain);
      clearTimeout(forced);
    },
  };
}

function addRoute(router: ConnectRouter, method: Method, invoker: Invoker): void {
  // The router checks an implementation against its method, whose type the table has erased.
  const implementation =
    method.kind === 'unary'
      ? (request: never, context: HandlerContext) => invoker.unary(method, receive(request, context))
      : (request: never, context: HandlerContext) => invoker.stream(method, receive(request, context));
  router.rpc<DescMethod>(method.desc, implementation as MethodImpl<DescMethod>);
}

function receive(request: never, context: HandlerContext): Incoming {
  const timeout = context.timeoutMs();
  return {
    header: (name) => context.requestHeader.get(name) ?? undefined,
    deadline: timeout === undefined ? undefined : Date.now() + timeout,
    gone: context.signal,
    reply: (name, value) => context.responseHeader.set(name, value),
    read: () => request,
  };
}
