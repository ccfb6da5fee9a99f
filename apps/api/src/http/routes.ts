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
import { LARGEST_REPLY, replyTooLarge } from '../rpc-context/message-size.ts';
import { Code, ConnectError } from '@connectrpc/connect';
import type { IncomingCall } from '../rpc-context/admit.ts';
import type { AdmittedRpc, RpcPipeline, Reply } from '../rpc-pipeline.ts';
import type { Method } from '../method.ts';
import { pathOfTarget, withoutAlias } from '../paths.ts';
import type { ByteBudget } from '../request/byte-budget.ts';
import type { Connections } from '../request/limit-connections.ts';
import { plainContentType } from '../request/media-type.ts';
import { boundTimeouts, timeoutProblem } from '../request/timeouts.ts';
import { sendResponse } from './send-response.ts';
import { messageOf, readQuery, type Query } from './read-query.ts';
import { emptyQuery, emptyRequest, formatOf, readMessage, readRequest, type Format } from './read-request.ts';
import { refuse } from './refusal.ts';
import { refuseMethod } from './refuse-method.ts';

/** One call in the router. */
interface Call {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly format: Format;
  /** The parsed query of a GET, which contains its request. */
  readonly query: Query | undefined;
  /** Set until its work starts. */
  pending?: AdmittedRpc<unknown> | undefined;
  run?: () => unknown;
  /** Seconds for which the caller may reuse the reply. */
  maxAge?: number | undefined;
}
const CALL = createContextKey<Call | undefined>(undefined);

/** Body headers that are removed before the router runs, because it receives another body. */
const BODY_HEADERS = ['content-length', 'content-encoding', 'connect-content-encoding', 'grpc-encoding'];
/** A GET has no body, and its content type would describe one. */
const BODY_HEADERS_OF_GET = [...BODY_HEADERS, 'content-type'];

const ROUTER_OPTIONS = {
  grpc: false,
  acceptCompression: [compressionGzip, compressionBrotli],
  // A reader of JSON then sees `"created": false` and need not know that false is the default.
  jsonOptions: { alwaysEmitImplicit: true },
  writeMaxBytes: LARGEST_REPLY,
};

/**
 * Answers Connect, gRPC-Web and JSON for the table of methods. The router handles the protocols and the
 * replies. The router's gate runs before any body is read: it admits the call by its headers and reads its
 * request. The router itself then reads an empty message. Rejected: connectNodeAdapter, which writes to the
 * console whenever a peer disconnects during its reply, and offers no hook.
 */
export function createRoutes(
  methods: readonly Method[],
  pipeline: RpcPipeline,
  budget: ByteBudget,
  connections: Pick<Connections, 'markAdmitted'>,
): RequestListener {
  const router = createConnectRouter();
  for (const method of methods) {
    // The router checks an implementation against its method; the table erases the type of that method.
    const implementation = (_: never, { values }: HandlerContext) => {
      const call = values.get(CALL);
      const work = call?.run?.();
      if (!call || !(work instanceof Promise)) return work;
      return work.then((reply: Reply) => {
        const message = toCheckedMessage(method, call.format, reply);
        if (call.maxAge) allowCaching(call.res, call.maxAge);
        return message;
      });
    };
    router.rpc<DescMethod>(method.desc, implementation as MethodImpl<DescMethod>, {
      ...ROUTER_OPTIONS,
      requestGate: (context) => admit(method, pipeline, budget, connections, context),
    });
  }
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  return (req, res) => {
    const target = withoutAlias(req.url ?? '/');
    const path = pathOfTarget(target);
    const handler = handlers.get(path);
    if (!handler) return sendResponse(req, res, 404);
    if (refuseMethod(req, res, handler.method)) return undefined;
    const query = req.method === 'GET' ? readQuery(req, target) : undefined;
    if (query && 'status' in query) return refuse(req, res, query);
    // From here on no log line and no error can contain the query, which may hold personal data.
    req.url = path;
    const call: Call = { req, res, query, format: query?.format ?? formatOf(req) };
    const values = createContextValues().set(CALL, call);
    boundTimeouts(req.headers);
    const universal = universalRequestFromNodeRequest(req, res, undefined, values);
    for (const name of query ? BODY_HEADERS_OF_GET : BODY_HEADERS) universal.header.delete(name);
    // The router accepts only one of many spellings.
    const type = universal.header.get('content-type');
    if (type !== null) universal.header.set('content-type', plainContentType(type));
    const url = query ? universal.url + emptyQuery(call.format) : universal.url;
    return (
      handler({ ...universal, url, body: emptyRequest(call.format) })
        .finally(() =>
          call.pending?.refuse(new ConnectError('the router refused the request', Code.InvalidArgument)),
        )
        .then((reply) => write(reply, req, res))
        // The pipeline has reported the call's own errors. This error concerns a reply that no peer reads any
        // more.
        .catch(() => void res.destroy())
    );
  };
}

/** Lets one browser cache the reply, for the same token and the same page origin. */
function allowCaching(res: ServerResponse, seconds: number): void {
  res.setHeader('cache-control', `private, max-age=${seconds}`);
  res.setHeader('vary', 'Authorization, Origin, Accept-Encoding');
}

/**
 * Checks the size of a reply inside the pipeline. The router measures it after it has left the pipeline, and
 * refuses it with a fixed code. Only replies with a list are encoded twice for this: the others contain at
 * most what one request can store.
 * @throws ConnectError failed_precondition
 */
function toCheckedMessage({ desc: { output } }: Method, { json }: Format, reply: Reply): Message {
  const message = create(output, reply);
  if (output.fields.some(({ fieldKind }) => fieldKind === 'list')) {
    const size = json
      ? Buffer.byteLength(toJsonString(output, message, ROUTER_OPTIONS.jsonOptions))
      : toBinary(output, message).length;
    if (size > LARGEST_REPLY) throw replyTooLarge(size);
  }
  return message;
}

async function admit(
  method: Method,
  pipeline: RpcPipeline,
  budget: ByteBudget,
  connections: Pick<Connections, 'markAdmitted'>,
  context: HandlerContext,
): Promise<void> {
  const call = context.values.get(CALL);
  if (!call) throw new Error('the request has no call in its context');
  const incoming = incomingOf(context);
  const admitted: AdmittedRpc<unknown> = await (method.kind === 'unary'
    ? pipeline.admit(method, incoming)
    : pipeline.admit(method, incoming));
  connections.markAdmitted(call.req.socket);
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
  call.pending = admitted;
  call.run = () => {
    call.pending = undefined;
    if (call.query && method.kind === 'unary') call.maxAge = method.maxAge?.(request);
    return admitted.run(request);
  };
}

/**
 * Only "1" is a version, and a request without one counts as version 1: connectrpc.com/docs/protocol. The
 * router does not check it.
 */
const versionProblem = ({ headers: { 'connect-protocol-version': version } }: IncomingMessage) =>
  version === undefined || version === '1' ? undefined : 'connect-protocol-version: must be 1';

function incomingOf(context: HandlerContext): IncomingCall {
  const timeout = context.timeoutMs();
  return {
    header: (name) => context.requestHeader.get(name) ?? undefined,
    deadline: timeout === undefined ? undefined : Date.now() + timeout,
    onCancel: (listener) =>
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
  // The call was refused before its body was read: a short answer, not a stream.
  const parts: Uint8Array[] = [];
  for await (const part of reply.body ?? []) parts.push(part);
  sendResponse(req, res, reply.status, Object.fromEntries(reply.header ?? []), Buffer.concat(parts));
}
