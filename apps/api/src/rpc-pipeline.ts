import type { DescMessage, Message, MessageInitShape } from '@bufbuild/protobuf';
import { Code, type ConnectError } from '@connectrpc/connect';
import type { ImportId, MerchantId } from '@core/contracts';
import { isRefusedValue } from '@core/db';
import type { Logger } from '@core/runtime';
import type { Admit, AdmittedCall, ObserveCall, IncomingCall } from './rpc-context/admit.ts';
import { requireShop } from './rpc-context/caller.ts';
import type { CallContext, Deps } from './rpc-context/context.ts';
import { requireShopOfImport } from './rpc-context/require-shop-of-import.ts';
import type { Method, StreamMethod, UnaryMethod } from './method.ts';
import type { RpcDurations } from './metrics.ts';
import { applyRules } from './validation/apply-rules.ts';

export type Reply = MessageInitShape<DescMessage>;

/** An admitted rpc. Exactly one of `run` and `refuse` ends it. */
export interface AdmittedRpc<Replies> extends Pick<AdmittedCall, 'ended' | 'race'> {
  /** Handles the request. Its errors are ConnectErrors that may be shown to the caller. */
  run(request: Message): Replies;
  /**
   * Ends the call without work: its request did not arrive or is invalid.
   * @returns the error for the caller
   */
  refuse(thrown: unknown): ConnectError;
}
export type AdmittedUnary = AdmittedRpc<Promise<Reply>>;
export type AdmittedStream = AdmittedRpc<AsyncIterable<Reply>>;

/** The only path to a handler: first the head of a call, then its request. */
export interface RpcPipeline {
  /**
   * Reads headers only.
   * @throws ConnectError that may be shown to the caller; its body must then not be read
   */
  admit(method: UnaryMethod, incoming: IncomingCall): AdmittedUnary | Promise<AdmittedUnary>;
  admit(method: StreamMethod, incoming: IncomingCall): AdmittedStream | Promise<AdmittedStream>;
}

export interface RpcPipelineOptions {
  deps: Deps;
  admit: Admit;
  durations: RpcDurations;
  log: Logger;
}

/**
 * Runs the steps of every rpc: admitted by its head -> request read -> validation -> merchant -> handler ->
 * error mapping.
 */
export function createRpcPipeline({ deps, admit, durations, log }: RpcPipelineOptions): RpcPipeline {
  /** Counts a call and logs its failure. */
  const observeCall = ({ desc }: Method): ObserveCall => {
    return (requestId) => {
      const observe = durations.start(desc);
      return (code, failure) => {
        observe(code);
        const fields = { request_id: requestId, rpc: desc.name, code };
        if (!failure) return log.debug(fields, 'call ended');
        const { thrown, error } = failure;
        // A ConnectError with this code is a fault of the caller, for which gRPC specifies it.
        const unforeseen = (error.code === Code.Internal && error !== thrown) || isRefusedValue(thrown);
        if (unforeseen) log.error({ ...fields, err: thrown }, 'call failed');
        else if (error.code === Code.Unavailable) log.warn({ ...fields, err: thrown }, 'call refused');
        else log.debug(fields, 'call ended');
      };
    };
  };

  /** Validates the request and returns the context of its handler. */
  const check = async (method: Method, call: AdmittedCall, request: Message): Promise<CallContext> => {
    applyRules(method.desc.input, method.rules, request);
    // The types of unary() and stream() require a merchantId in every request.
    const { merchantId } = request as unknown as { merchantId: MerchantId | '' };
    const ctx = await call.actFor(merchantId, method.calls?.(request));
    requireShop(ctx, request);
    if ('importId' in request) await requireShopOfImport(deps, ctx, request as { importId: ImportId });
    return ctx;
  };

  const runUnary = async (method: UnaryMethod, call: AdmittedCall, request: Message): Promise<Reply> => {
    const work = async () => {
      try {
        return await method.handler(deps, await check(method, call, request), request);
      } finally {
        call.leave();
      }
    };
    try {
      const reply = await call.race(work());
      call.finish();
      return reply;
    } catch (thrown) {
      throw call.fail(thrown);
    }
  };

  async function* runStream(
    method: StreamMethod,
    call: AdmittedCall,
    request: Message,
  ): AsyncIterable<Reply> {
    // A reader that disconnects ends this generator by `return`, which skips both branches below.
    let end = () => call.finish(Code.Canceled);
    try {
      try {
        const ctx = await call.race(check(method, call, request));
        yield* method.handler(deps, ctx, request);
      } finally {
        call.leave();
      }
      end = () => call.finish();
    } catch (thrown) {
      const error = call.fail(thrown);
      end = () => undefined;
      throw error;
    } finally {
      end();
    }
  }

  const admitted = (method: Method, call: AdmittedCall) => ({
    get ended() {
      return call.ended;
    },
    race: call.race,
    run: (request: Message) =>
      method.kind === 'unary' ? runUnary(method, call, request) : runStream(method, call, request),
    refuse(thrown: unknown): ConnectError {
      call.leave();
      return call.fail(thrown);
    },
  });

  const admitRpc = (method: Method, incoming: IncomingCall) => {
    const call = admit(incoming, method, observeCall(method));
    return call instanceof Promise
      ? call.then((admittedCall) => admitted(method, admittedCall))
      : admitted(method, call);
  };
  // The kind of the method determines which of the two reply kinds it has.
  return { admit: admitRpc as RpcPipeline['admit'] };
}
