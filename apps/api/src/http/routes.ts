import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { create, toBinary, toJsonString, type DescMethod, type Message } from '@bufbuild/protobuf';
import {
  createConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
  type MethodImpl,
} from '@connectrpc/connect';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from '@connectrpc/connect-node';
import { LARGEST_REPLY, replyTooLarge } from '../call/message-size.ts';
import { Code, ConnectError } from '@connectrpc/connect';
import type { Incoming } from '../call/admit.ts';
import type { Admitted, Invoker, Reply } from '../invoke.ts';
import type { Method } from '../method.ts';
import { pathOfTarget, withoutAlias } from '../paths.ts';
import type { ByteBudget } from '../request/byte-budget.ts';
import type { Connections } from '../request/keep-proven.ts';
import { plainContentType } from '../request/media-type.ts';
import { boundTimeouts, timeoutProblem } from '../request/timeouts.ts';
import { endAnswer } from './end-answer.ts';
import { messageOf, readQuery, type Query } from './read-query.ts';
import { emptyQuery, emptyRequest, formatOf, readMessage, readRequest, type Format } from './read-request.ts';
import { refuse } from './refusal.ts';
import { refuseMethod } from './refuse-method.ts';

/** One call in the router. */
interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly format: Format;
  /** Where a GET has its request. */
  readonly query: Query | undefined;
  /** Set until its work begins. */
  waiting?: Admitted<unknown> | undefined;
  run?: () => unknown;
  /** The seconds for which the caller may show the reply again. */
  maxAge?: number | undefined;
}
const CALL = createContextKey<Call | undefined>(undefined);

/** Body headers that are removed before the router runs, because it receives another body. */
const OF_THE_BODY = ['content-length', 'content-encoding', 'connect-content-encoding', 'grpc-encoding'];
/** A GET has none; its type would be that of a body. */
const OF_A_GET = [...OF_THE_BODY, 'content-type'];

const ROUTER = {
  grpc: false,
  acceptCompression: [compressionGzip, compressionBrotli],
  // A reader of JSON sees `"created": false` and need not know that it is the default.
  jsonOptions: { alwaysEmitImplicit: true },
  writeMaxBytes: LARGEST_REPLY,
};

/**
 * Answers Connect, gRPC-Web and JSON for the table of methods. The router handles the protocols and the
 * replies. The router's gate, which runs before any body is read, admits the call by its headers and reads
 * its request; the router itself then reads an empty message. Rejected: connectNodeAdapter, which writes to
 * the console whenever a peer disconnects during its reply, and offers no hook.
 */
export function createRoutes(
  methods: readonly Method[],
  invoker: Invoker,
  budget: ByteBudget,
  connections: Pick<Connections, 'prove'>,
): RequestListener {
  const router = createConnectRouter();
  for (const method of methods) {
    // The router checks an implementation against its method; the table erases the type of that method.
    const implementation = (_: never, { values }: HandlerContext) => {
      const call = values.get(CALL);
      const work = call?.run?.();
      if (!call || !(work instanceof Promise)) return work;
      return work.then((reply: Reply) => {
        const message = fitting(method, call.format, reply);
        if (call.maxAge) allowReuse(call.res, call.maxAge);
        return message;
      });
    };
    router.rpc<DescMethod>(method.desc, implementation as MethodImpl<DescMethod>, {
      ...ROUTER,
      requestGate: (context) => admit(method, invoker, budget, connections, context),
    });
  }
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  return (req, res) => {
    const target = withoutAlias(req.url ?? '/');
    const path = pathOfTarget(target);
    const handler = handlers.get(path);
    if (!handler) return endAnswer(req, res, 404);
    if (refuseMethod(req, res, handler.method)) return undefined;
    const query = req.method === 'GET' ? readQuery(req, target) : undefined;
    if (query && 'status' in query) return refuse(req, res, query);
    // From here on nothing can show the query, which may hold personal data: no log line, no error.
    req.url = path;
    const call: Call = { req, res, query, format: query?.format ?? formatOf(req) };
    const values = createContextValues().set(CALL, call);
    boundTimeouts(req.headers);
    const universal = universalRequestFromNodeRequest(req, res, undefined, values);
    for (const name of query ? OF_A_GET : OF_THE_BODY) universal.header.delete(name);
    // The router takes one spelling of many.
    const type = universal.header.get('content-type');
    if (type !== null) universal.header.set('content-type', plainContentType(type));
    const url = query ? universal.url + emptyQuery(call.format) : universal.url;
    return (
      handler({ ...universal, url, body: emptyRequest(call.format) })
        .finally(() =>
          call.waiting?.refuse(new ConnectError('the router refused the request', Code.InvalidArgument)),
        )
        .then((reply) => write(reply, req, res))
        // The pipeline has reported the call's own errors; this one concerns a reply that no peer reads any
        // more.
        .catch(() => void res.destroy())
    );
  };
}

/** For the cache of one browser, while it shows the same token and is asked by the same page. */
function allowReuse(res: ServerResponse, seconds: number): void {
  res.setHeader('cache-control', `private, max-age=${seconds}`);
  res.setHeader('vary', 'Authorization, Origin, Accept-Encoding');
}

/**
 * The router measures a reply after it has left the pipeline, and its refusal has a fixed code. Only replies
 * with a list are written twice for this: the others hold no more than one request can store.
 * @throws ConnectError failed_precondition
 */
function fitting({ desc: { output } }: Method, { json }: Format, reply: Reply): Message {
  const message = create(output, reply);
  if (output.fields.some(({ fieldKind }) => fieldKind === 'list')) {
    const size = json
      ? Buffer.byteLength(toJsonString(output, message, ROUTER.jsonOptions))
      : toBinary(output, message).length;
    if (size > LARGEST_REPLY) throw replyTooLarge(size);
  }
  return message;
}

async function admit(
  method: Method,
  invoker: Invoker,
  budget: ByteBudget,
  connections: Pick<Connections, 'prove'>,
  context: HandlerContext,
): Promise<void> {
  const call = context.values.get(CALL);
  if (!call) throw new Error('a request without its call');
  const incoming = receive(context);
  const admitted: Admitted<unknown> = await (method.kind === 'unary'
    ? invoker.admit(method, incoming)
    : invoker.admit(method, incoming));
  connections.prove(call.req.socket);
  const isConnect = context.protocolName === 'connect';
  const problem =
    timeoutProblem(call.req.headers, isConnect ? 'connect-timeout-ms' : 'grpc-timeout') ??
    (isConnect ? versionProblem(call.req) : undefined);
  if (problem !== undefined) throw admitted.refuse(new ConnectError(problem, Code.InvalidArgument));
  let request: Message;
  try {
    request = await admitted.race(
      call.query
        ? readMessage(method, call.format, messageOf(call.query), budget)
        : readRequest(method, call.format, call.req, call.res, budget),
    );
  } catch (error) {
    throw admitted.refuse(error);
  }
  call.waiting = admitted;
  call.run = () => {
    call.waiting = undefined;
    if (call.query && method.kind === 'unary') call.maxAge = method.maxAge?.(request);
    return admitted.run(request);
  };
}

/** Only "1" is a version, and without one a request counts as of it: connectrpc.com/docs/protocol. The router asks nothing. */
const versionProblem = ({ headers: { 'connect-protocol-version': version } }: IncomingMessage) =>
  version === undefined || version === '1' ? undefined : 'connect-protocol-version: must be 1';

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

async function write(
  reply: UniversalServerResponse,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (req.complete) return universalResponseToNodeResponse(reply, res);
  // Refused before the body was read: a short answer, not a stream.
  const parts: Uint8Array[] = [];
  for await (const part of reply.body ?? []) parts.push(part);
  endAnswer(req, res, reply.status, Object.fromEntries(reply.header ?? []), Buffer.concat(parts));
}
