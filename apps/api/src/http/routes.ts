import type { RequestListener } from 'node:http';
import type { DescMethod } from '@bufbuild/protobuf';
import {
  createConnectRouter,
  type ConnectRouter,
  type HandlerContext,
  type MethodImpl,
} from '@connectrpc/connect';
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import { LARGEST_REPLY, LARGEST_REQUEST } from '../call/message-size.ts';
import type { Incoming, Invoker } from '../invoke.ts';
import type { Method } from '../method.ts';
import { withoutAlias } from '../paths.ts';
import { hideValues } from './hide-values.ts';

/**
 * Answers Connect, gRPC-Web and JSON by the table of methods. Not connectNodeAdapter: that one writes to the
 * console whenever a peer leaves in the middle of its reply, and offers no hook.
 */
export function createRoutes(methods: readonly Method[], invoker: Invoker): RequestListener {
  const router = createConnectRouter({
    grpc: false,
    acceptCompression: [compressionGzip, compressionBrotli],
    // A reader of JSON should see `"created": false`, not have to know that it is the default.
    jsonOptions: { alwaysEmitImplicit: true },
    readMaxBytes: LARGEST_REQUEST,
    writeMaxBytes: LARGEST_REPLY,
  });
  for (const method of methods) addRoute(router, method, invoker);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, hideValues(handler)]));

  return (req, res) => {
    const [path = ''] = withoutAlias(req.url ?? '/').split('?', 1);
    const handler = handlers.get(path);
    if (!handler) return void res.writeHead(404).end();
    handler(universalRequestFromNodeRequest(req, res, undefined, undefined))
      .then((reply) => universalResponseToNodeResponse(reply, res))
      // The pipeline has told the call's own errors; this one is of a reply that nobody reads any more.
      .catch(() => res.destroy());
  };
}

function addRoute(router: ConnectRouter, method: Method, invoker: Invoker): void {
  // The router checks an implementation against its method, whose type the table has erased.
  const implementation =
    method.kind === 'unary'
      ? async (request: never, context: HandlerContext) =>
          (await invoker.admit(method, receive(context))).run(request)
      : async function* (request: never, context: HandlerContext) {
          yield* (await invoker.admit(method, receive(context))).run(request);
        };
  router.rpc<DescMethod>(method.desc, implementation as MethodImpl<DescMethod>);
}

function receive(context: HandlerContext): Incoming {
  const timeout = context.timeoutMs();
  return {
    header: (name) => context.requestHeader.get(name) ?? undefined,
    deadline: timeout === undefined ? undefined : Date.now() + timeout,
    whenGone: (listener) =>
      context.signal.aborted
        ? listener()
        : context.signal.addEventListener('abort', listener, { once: true }),
    reply: (name, value) => context.responseHeader.set(name, value),
  };
}
