import type { DescMessage, Message, MessageInitShape } from '@bufbuild/protobuf';
import { Code, type ConnectError } from '@connectrpc/connect';
import { TRACEPARENT, traceparentOf } from '@core/contracts';
import { CoreError, type Logger } from '@core/runtime';
import type { IsMerchant } from './auth/merchants.ts';
import type { CallLimit } from './call/call-limit.ts';
import { requireMerchant, requireScope, type Credentials, type Identify } from './call/caller.ts';
import type { CallContext, Deps } from './call/context.ts';
import { DEFAULT_DEADLINE_MS, openCall, type OpenCall, type WhenGone } from './call/open-call.ts';
import { REQUEST_ID, requestIdOf } from './call/request-id.ts';
import { codeName, toRpcError } from './errors.ts';
import type { Method, StreamMethod, UnaryMethod } from './method.ts';
import type { RpcDurations } from './metrics.ts';
import { applyRules } from './validation/apply-rules.ts';

/** A call as its server received it; the pipeline knows nothing else of gRPC or HTTP. */
export interface Incoming extends Credentials {
  /** Milliseconds since the epoch, undefined when the caller set none. */
  readonly deadline: number | undefined;
  readonly whenGone: WhenGone;
  /** Adds a header to the reply. */
  reply(name: string, value: string): void;
  /** @throws ConnectError when the bytes are not such a message */
  read(): Message;
}

type Reply = MessageInitShape<DescMessage>;

/** The one way into a handler. What is thrown is a ConnectError that may be shown to the caller. */
export interface Invoker {
  unary(method: UnaryMethod, incoming: Incoming): Promise<Reply>;
  stream(method: StreamMethod, incoming: Incoming): AsyncIterable<Reply>;
}

export interface InvokerOptions {
  deps: Deps;
  identify: Identify;
  isMerchant: IsMerchant;
  durations: RpcDurations;
  limit: CallLimit;
  log: Logger;
}

/**
 * Every call goes: request id -> limit -> caller -> scope -> validation -> merchant, of the caller and of Auth ->
 * handler -> error mapping.
 */
export function createInvoker(options: InvokerOptions): Invoker {
  const { deps, identify, isMerchant, durations, limit, log } = options;

  const begin = (method: Method, incoming: Incoming) => {
    const requestId = requestIdOf(incoming.header(REQUEST_ID));
    incoming.reply(REQUEST_ID, requestId);
    const fallback = method.kind === 'unary' ? Date.now() + DEFAULT_DEADLINE_MS : Infinity;
    const call = openCall(incoming.deadline ?? fallback, incoming.whenGone);
    return { call, requestId, finish: finisher(method, requestId, call) };
  };

  const admit = async (method: Method, incoming: Incoming, call: OpenCall, requestId: string) => {
    const identified = identify(incoming);
    const caller = identified instanceof Promise ? await identified : identified;
    requireScope(caller, method.scope);
    const request = incoming.read();
    applyRules(method.desc.input, method.rules, request);
    // method() lets no request without merchantId into the table.
    const { merchantId } = request as unknown as { merchantId: string };
    requireMerchant(caller, merchantId);
    if (!(await isMerchant(merchantId))) {
      throw new CoreError('permission_denied', 'merchant_id: not a valid merchant', { field: 'merchant_id' });
    }
    const ctx: CallContext = {
      ...caller,
      requestId,
      merchantId,
      deadline: call.deadline,
      get signal() {
        return call.signal;
      },
      get traceparent() {
        return traceparentOf(incoming.header(TRACEPARENT));
      },
      reply: incoming.reply,
    };
    return { request, ctx };
  };

  /** Ends the call, once: closes its timer, counts it, logs what went wrong. */
  const finisher = (method: Method, requestId: string, call: OpenCall) => {
    const observe = durations.start(method.desc);
    return (outcome: { thrown?: unknown; code?: Code } = {}): ConnectError | undefined => {
      call.close();
      const error = 'thrown' in outcome ? toRpcError(outcome.thrown, requestId) : undefined;
      const code = codeName(error?.code ?? outcome.code);
      observe(code);
      const fields = { request_id: requestId, rpc: method.desc.name, code };
      if (error?.code === Code.Internal) log.error({ ...fields, err: outcome.thrown }, 'call failed');
      else if (error?.code === Code.Unavailable) log.warn({ ...fields, err: outcome.thrown }, 'call refused');
      else log.debug(fields, 'call ended');
      return error;
    };
  };

  return {
    async unary(method, incoming) {
      const { call, requestId, finish } = begin(method, incoming);
      const work = async () => {
        limit.enter();
        try {
          const { ctx, request } = await admit(method, incoming, call, requestId);
          return await method.handler(deps, ctx, request);
        } finally {
          limit.leave();
        }
      };
      try {
        const reply = await call.race(work());
        finish();
        return reply;
      } catch (thrown) {
        throw finish({ thrown });
      }
    },

    async *stream(method, incoming) {
      const { call, requestId, finish } = begin(method, incoming);
      // A reader that leaves ends this generator by `return`, past both branches below.
      let end: () => ConnectError | undefined = () => finish({ code: Code.Canceled });
      try {
        limit.enter();
        try {
          const { ctx, request } = await call.race(admit(method, incoming, call, requestId));
          yield* method.handler(deps, ctx, request);
        } finally {
          limit.leave();
        }
        end = finish;
      } catch (thrown) {
        const error = finish({ thrown });
        end = () => undefined;
        throw error;
      } finally {
        end();
      }
    },
  };
}
