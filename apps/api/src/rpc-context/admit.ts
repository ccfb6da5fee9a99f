import type { Code, ConnectError } from '@connectrpc/connect';
import { TRACEPARENT, traceparentOf, type MerchantId } from '@core/contracts';
import { CoreError } from '@core/runtime';
import type { IsMerchant } from '../auth/merchants.ts';
import { codeName, toRpcError } from '../errors.ts';
import { requireMerchant, type Credentials } from './caller.ts';
import type { CallContext } from './context.ts';
import type { Asked, Gate, Visit } from './gate.ts';
import { DEFAULT_DEADLINE_MS, openCall, type OpenCall, type OnCancel } from './open-call.ts';
import { REQUEST_ID, requestIdOf } from './request-id.ts';

/** The head of a call as its server received it; the pipeline depends on nothing else from gRPC or HTTP. */
export interface Incoming extends Credentials {
  /** Milliseconds since the epoch, undefined when the caller set none. */
  readonly deadline: number | undefined;
  readonly onCancel: OnCancel;
  /** Adds a header to the reply. */
  reply(name: string, value: string): void;
}

export interface Failure {
  readonly thrown: unknown;
  /** The error as the caller sees it. */
  readonly error: ConnectError;
}

/**
 * Metrics and log lines of an entry point.
 * @returns a function that is called once, with the code that ended the call, and its failure if any
 */
export type Follow = (requestId: string) => (code: string, failure?: Failure) => void;

/**
 * An admitted call. It must call `leave` once, when its work has ended, and `finish` or `fail` once, when it
 * is answered.
 */
export interface AdmittedCall {
  /** Why the call ended while its request was read; undefined while it is open. */
  readonly ended: ConnectError | undefined;
  /**
   * Resolves with `work`, or rejects at the end of the call if that is earlier: slow work is answered at the
   * deadline.
   */
  race<T>(work: Promise<T>): Promise<T>;
  /**
   * Called once the request has named its merchant. Checks that the caller may act for it, that its quota has
   * room, and that Auth knows it.
   * @param calls the number of calls that the request costs
   * @throws ConnectError resource_exhausted; CoreError permission_denied, unavailable
   */
  actFor(merchantId: MerchantId, calls?: number): Promise<CallContext>;
  /** Frees the slot, also when the caller no longer waits for the work. */
  leave(): void;
  /** @param code undefined: the call succeeded */
  finish(code?: Code): void;
  /** Finishes the call with a failure. @returns the error for the caller */
  fail(thrown: unknown): ConnectError;
}

/**
 * Admits every call, for rpcs on both ports and for other routes. Order: request id -> deadline -> gate
 * (limit of the process, caller, scope, quota) by the headers alone; then, once the request is read, its
 * merchant. It is synchronous when possible, because a promise costs each call a turn of the event loop.
 * @throws ConnectError that may be shown to the caller; no slot is held, and the request must not be read
 */
export type Admit = (
  incoming: Incoming,
  asked: Asked,
  follow: Follow,
) => AdmittedCall | Promise<AdmittedCall>;

export interface AdmitOptions {
  gate: Gate;
  isMerchant: IsMerchant;
}

interface Opened extends Pick<AdmittedCall, 'finish' | 'fail'> {
  readonly incoming: Incoming;
  readonly requestId: string;
  readonly call: OpenCall;
}

export function createAdmit({ gate, isMerchant }: AdmitOptions): Admit {
  const open = (incoming: Incoming, { kind }: Asked, follow: Follow): Opened => {
    const requestId = requestIdOf(incoming.header(REQUEST_ID));
    incoming.reply(REQUEST_ID, requestId);
    const fallback = kind === 'unary' ? Date.now() + DEFAULT_DEADLINE_MS : Infinity;
    const call = openCall(incoming.deadline ?? fallback, incoming.onCancel);
    const ended = follow(requestId);
    return {
      incoming,
      requestId,
      call,
      finish(code) {
        call.close();
        ended(codeName(code));
      },
      fail(thrown) {
        call.close();
        const error = toRpcError(thrown, requestId);
        ended(codeName(error.code), { thrown, error });
        return error;
      },
    };
  };

  const admitted = ({ incoming, requestId, call, finish, fail }: Opened, visit: Visit): AdmittedCall => ({
    get ended() {
      return call.ended;
    },
    race: call.race,
    async actFor(merchantId, calls) {
      requireMerchant(visit.caller, merchantId);
      visit.of(merchantId, calls);
      if (!(await isMerchant(merchantId))) {
        throw new CoreError('permission_denied', 'merchant_id: not a valid merchant', {
          field: 'merchant_id',
        });
      }
      return {
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
    },
    leave: visit.leave,
    finish,
    fail,
  });

  return (incoming, asked, follow) => {
    const opened = open(incoming, asked, follow);
    let entering: Visit | Promise<Visit>;
    try {
      // No caller waits for the answer any more: the call counts against no quota, and no work starts.
      if (opened.call.ended) throw opened.call.ended;
      entering = gate.enter(incoming, asked);
    } catch (thrown) {
      throw opened.fail(thrown);
    }
    if (!(entering instanceof Promise)) return admitted(opened, entering);
    const waiting = entering;
    return opened.call.race(waiting).then(
      (visit) => admitted(opened, visit),
      (thrown: unknown) => {
        // The call may have ended first: a slot that is acquired after that is returned.
        waiting.then((visit) => visit.leave()).catch(() => undefined);
        throw opened.fail(thrown);
      },
    );
  };
}
