import type { DescMessage, Message, MessageInitShape } from '@bufbuild/protobuf';
import { Code, type ConnectError } from '@connectrpc/connect';
import { TRACEPARENT, traceparentOf } from '@core/contracts';
import { isRefusedValue } from '@core/db';
import { CoreError, type Logger } from '@core/runtime';
import type { IsMerchant } from './auth/merchants.ts';
import { requireMerchant, type Credentials } from './call/caller.ts';
import type { CallContext, Deps } from './call/context.ts';
import type { Gate, Visit } from './call/gate.ts';
import { DEFAULT_DEADLINE_MS, openCall, type OpenCall, type WhenGone } from './call/open-call.ts';
import { REQUEST_ID, requestIdOf } from './call/request-id.ts';
import { codeName, toRpcError } from './errors.ts';
import type { Method, StreamMethod, UnaryMethod } from './method.ts';
import type { RpcDurations } from './metrics.ts';
import { applyRules } from './validation/apply-rules.ts';

/** The head of a call as its server received it; the pipeline knows nothing else of gRPC or HTTP. */
export interface Incoming extends Credentials {
  /** Milliseconds since the epoch, undefined when the caller set none. */
  readonly deadline: number | undefined;
  readonly whenGone: WhenGone;
  /** Adds a header to the reply. */
  reply(name: string, value: string): void;
}

export type Reply = MessageInitShape<DescMessage>;

/** An admitted call. Exactly one of `run` and `refuse` ends it. */
export interface Admitted<Replies> {
  /** Why the call has ended while its request was read; undefined: it has not. */
  readonly ended: ConnectError | undefined;
  /** The request, or the end of the call if that comes first: whoever is slow to send it is answered at the deadline. */
  race(reading: Promise<Message>): Promise<Message>;
  /** Runs the work on its request. The errors are ConnectErrors that may be shown to the caller. */
  run(request: Message): Replies;
  /**
   * Ends the call without work: its request did not arrive or is invalid.
   * @returns the error to show
   */
  refuse(thrown: unknown): ConnectError;
}
export type AdmittedUnary = Admitted<Promise<Reply>>;
export type AdmittedStream = Admitted<AsyncIterable<Reply>>;

/** The only way into a handler: first the head of a call, then its request. */
export interface Invoker {
  /**
   * Reads headers only.
   * @throws ConnectError that may be shown to the caller; its body must then not be read
   */
  admit(method: UnaryMethod, incoming: Incoming): AdmittedUnary | Promise<AdmittedUnary>;
  admit(method: StreamMethod, incoming: Incoming): AdmittedStream | Promise<AdmittedStream>;
}

export interface InvokerOptions {
  deps: Deps;
  gate: Gate;
  isMerchant: IsMerchant;
  durations: RpcDurations;
  log: Logger;
}

interface Opened {
  readonly incoming: Incoming;
  readonly requestId: string;
  readonly call: OpenCall;
  /** Ends the call once: stops its timer, counts it, logs its failure. */
  finish(outcome?: { thrown?: unknown; code?: Code }): ConnectError | undefined;
}

/**
 * Steps of every call: request id -> gate (limit, caller, scope, quota) by its headers -> request read ->
 * validation -> merchant (of the caller, of its quota, of Auth) -> handler -> error mapping.
 */
export function createInvoker({ deps, gate, isMerchant, durations, log }: InvokerOptions): Invoker {
  const open = (method: Method, incoming: Incoming): Opened => {
    const requestId = requestIdOf(incoming.header(REQUEST_ID));
    incoming.reply(REQUEST_ID, requestId);
    const fallback = method.kind === 'unary' ? Date.now() + DEFAULT_DEADLINE_MS : Infinity;
    const call = openCall(incoming.deadline ?? fallback, incoming.whenGone);
    const observe = durations.start(method.desc);
    return {
      incoming,
      requestId,
      call,
      finish(outcome = {}) {
        call.close();
        const error = 'thrown' in outcome ? toRpcError(outcome.thrown, requestId) : undefined;
        const code = codeName(error?.code ?? outcome.code);
        observe(code);
        const fields = { request_id: requestId, rpc: method.desc.name, code };
        // A ConnectError with this code is a fault of the caller, for which gRPC specifies it.
        const unforeseen =
          (error?.code === Code.Internal && error !== outcome.thrown) || isRefusedValue(outcome.thrown);
        if (unforeseen) log.error({ ...fields, err: outcome.thrown }, 'call failed');
        else if (error?.code === Code.Unavailable)
          log.warn({ ...fields, err: outcome.thrown }, 'call refused');
        else log.debug(fields, 'call ended');
        return error;
      },
    };
  };

  /** Validates the request and builds the context of its handler. */
  const check = async (
    method: Method,
    { incoming, requestId, call }: Opened,
    visit: Visit,
    request: Message,
  ) => {
    applyRules(method.desc.input, method.rules, request);
    // method() lets no request without merchantId into the table.
    const { merchantId } = request as unknown as { merchantId: string };
    requireMerchant(visit.caller, merchantId);
    visit.of(merchantId, method.calls?.(request));
    if (!(await isMerchant(merchantId))) {
      throw new CoreError('permission_denied', 'merchant_id: not a valid merchant', { field: 'merchant_id' });
    }
    const ctx: CallContext = {
      ...visit.caller,
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
    return ctx;
  };

  const runUnary = async (
    method: UnaryMethod,
    opened: Opened,
    visit: Visit,
    request: Message,
  ): Promise<Reply> => {
    const work = async () => {
      try {
        return await method.handler(deps, await check(method, opened, visit, request), request);
      } finally {
        visit.leave();
      }
    };
    try {
      const reply = await opened.call.race(work());
      opened.finish();
      return reply;
    } catch (thrown) {
      throw opened.finish({ thrown });
    }
  };

  async function* runStream(
    method: StreamMethod,
    opened: Opened,
    visit: Visit,
    request: Message,
  ): AsyncIterable<Reply> {
    // A reader that disconnects ends this generator by `return`, which skips both branches below.
    let end: () => ConnectError | undefined = () => opened.finish({ code: Code.Canceled });
    try {
      try {
        const ctx = await opened.call.race(check(method, opened, visit, request));
        yield* method.handler(deps, ctx, request);
      } finally {
        visit.leave();
      }
      end = opened.finish;
    } catch (thrown) {
      const error = opened.finish({ thrown });
      end = () => undefined;
      throw error;
    } finally {
      end();
    }
  }

  const admitted = (method: Method, opened: Opened, visit: Visit) => ({
    get ended() {
      return opened.call.ended;
    },
    race: opened.call.race,
    run: (request: Message) =>
      method.kind === 'unary'
        ? runUnary(method, opened, visit, request)
        : runStream(method, opened, visit, request),
    refuse(thrown: unknown): ConnectError {
      visit.leave();
      return opened.finish({ thrown }) as ConnectError;
    },
  });

  function admit(method: Method, incoming: Incoming) {
    const opened = open(method, incoming);
    let entering: Visit | Promise<Visit>;
    try {
      // Nobody waits for the answer any more: it costs nobody's quota, and no work is begun.
      if (opened.call.ended) throw opened.call.ended;
      entering = gate.enter(incoming, method);
    } catch (thrown) {
      throw opened.finish({ thrown });
    }
    if (!(entering instanceof Promise)) return admitted(method, opened, entering);
    const waiting = entering;
    return opened.call.race(waiting).then(
      (visit) => admitted(method, opened, visit),
      (thrown: unknown) => {
        // The call may have ended first: a slot that is taken after that is given back.
        waiting.then((visit) => visit.leave()).catch(() => undefined);
        throw opened.finish({ thrown });
      },
    );
  }
  // The kind of the method determines which of the two reply kinds it has.
  return { admit: admit as Invoker['admit'] };
}
