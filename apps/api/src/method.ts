import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  Message,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import type { MerchantId } from '@core/contracts';
import type { CallContext, Deps, Scope } from './rpc-context/context.ts';
import type { Cost } from './quotas/quota.ts';
import type { AnyRules, Rule, Rules } from './validation/apply-rules.ts';

/**
 * Maximum bytes of a decompressed request: ids, a shop, a page token. A request is held whole before its
 * content can be refused, so each method accepts only a useful size; the gRPC default is 4 MiB.
 */
export const SMALL_REQUEST = 8 * 1024;

/** Every request has a field for its merchant and is checked field by field before a handler receives it. */
interface Spec<I extends DescMessage, Request extends MessageShape<I>, Handler> {
  scope: Scope;
  /**
   * The quota of caller and merchant that the method counts against: a method without one does not compile.
   */
  cost: Cost;
  /** The number of calls that a request costs, from its content; default: one. */
  calls?: (request: MessageShape<I>) => number;
  /** One rule for each field: a field without one does not compile. */
  rules: Rules<MessageShape<I>, Request> & { merchantId: Rule<string, MerchantId | ''> };
  /** Maximum request bytes; default: SMALL_REQUEST. */
  largestRequest?: number;
  handler: Handler;
}

export interface UnaryMethod {
  kind: 'unary';
  desc: DescMethodUnary;
  scope: Scope;
  cost: Cost;
  calls?: (request: Message) => number;
  rules: AnyRules;
  largestRequest: number;
  maxAge?: (request: Message) => number;
  handler: (deps: Deps, ctx: CallContext, request: Message) => Promise<MessageInitShape<DescMessage>>;
}

export interface StreamMethod {
  kind: 'stream';
  desc: DescMethodServerStreaming;
  scope: Scope;
  cost: Cost;
  calls?: (request: Message) => number;
  rules: AnyRules;
  largestRequest: number;
  handler: (deps: Deps, ctx: CallContext, request: Message) => AsyncIterable<MessageInitShape<DescMessage>>;
}

export type Method = UnaryMethod | StreamMethod;

interface UnarySpec<
  I extends DescMessage,
  O extends DescMessage,
  Request extends MessageShape<I>,
> extends Spec<I, Request, (deps: Deps, ctx: CallContext, request: Request) => Promise<MessageInitShape<O>>> {
  /**
   * Seconds for which a browser may reuse the reply to a GET; default: 0. Only for a reply that names no
   * person and that no caller compares with its own write.
   */
  maxAge?: (request: MessageShape<I>) => number;
}

// The table holds methods of many types. Their types are checked here, one by one, and erased in one place: a
// server decodes a request by the same descriptor that its handler was checked against.
export const unary = <I extends DescMessage, O extends DescMessage, Request extends MessageShape<I>>(
  desc: DescMethodUnary<I, O>,
  spec: UnarySpec<I, O, Request>,
): UnaryMethod => ({ kind: 'unary', desc, largestRequest: SMALL_REQUEST, ...spec }) as unknown as UnaryMethod;

export const stream = <I extends DescMessage, O extends DescMessage, Request extends MessageShape<I>>(
  desc: DescMethodServerStreaming<I, O>,
  spec: Spec<
    I,
    Request,
    (deps: Deps, ctx: CallContext, request: Request) => AsyncIterable<MessageInitShape<O>>
  >,
): StreamMethod =>
  ({ kind: 'stream', desc, largestRequest: SMALL_REQUEST, ...spec }) as unknown as StreamMethod;
