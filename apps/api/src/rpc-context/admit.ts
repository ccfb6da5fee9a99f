import type { Code, ConnectError } from '@connectrpc/connect';
import { TRACEPARENT, traceparentOf, type MerchantId } from '@core/contracts';
import { CoreError, invalid } from '@core/runtime';
import type { IsMerchant } from '../auth/merchants.ts';
import { codeName, toRpcError } from '../errors.ts';
import { requireMerchant, type Credentials } from './caller.ts';
import type { CallContext } from './context.ts';
import type { AdmissionPolicy, Gate, Admission } from './gate.ts';
import { DEFAULT_DEADLINE_MS, openCall, type OpenCall, type OnCancel } from './open-call.ts';
import { REQUEST_ID, requestIdOf } from './request-id.ts';

/** The head of a call as its server received it; the pipeline depends on nothing else from gRPC or HTTP. */
export interface IncomingCall extends Credentials {
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
export type ObserveCall = (requestId: string) => (code: string, failure?: Failure) => void;

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
   * @param named empty: the merchant that the caller is bound to
   * @param calls the number of calls that the request costs
   * @throws ConnectError resource_exhausted; CoreError invalid_argument, permission_denied, unavailable
   */
  actFor(named: MerchantId | '', calls?: number): Promise<CallContext>;
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
  incoming: IncomingCall,
  policy: AdmissionPolicy,
  observeCall: ObserveCall,
) => AdmittedCall | Promise<AdmittedCall>;

export interface AdmitOptions {
  gate: Gate;
  isMerchant: IsMerchant;
}

interface OpenedCall extends Pick<AdmittedCall, 'finish' | 'fail'> {
  readonly incoming: IncomingCall;
  readonly requestId: string;
  readonly call: OpenCall;
}

export function createAdmit({ gate, isMerchant }: AdmitOptions): Admit {
  const open = (incoming: IncomingCall, { kind }: AdmissionPolicy, observeCall: ObserveCall): OpenedCall => {
    const requestId = requestIdOf(incoming.header(REQUEST_ID));
    incoming.reply(REQUEST_ID, requestId);
    const fallback = kind === 'unary' ? Date.now() + DEFAULT_DEADLINE_MS : Infinity;
    const call = openCall(incoming.deadline ?? fallback, incoming.onCancel);
    const reportEnd = observeCall(requestId);
    return {
      incoming,
      requestId,
      call,
      finish(code) {
        call.close();
        reportEnd(codeName(code));
      },
      fail(thrown) {
        call.close();
        const error = toRpcError(thrown, requestId);
        reportEnd(codeName(error.code), { thrown, error });
        return error;
      },
    };
  };

  const admitted = (
    { incoming, requestId, call, finish, fail }: OpenedCall,
    admission: Admission,
  ): AdmittedCall => ({
    get ended() {
      return call.ended;
    },
    race: call.race,
    async actFor(named, calls) {
      const merchantId = named || admission.caller.boundTo;
      if (!merchantId) throw invalid('merchant_id', 'is required, because the token is bound to no merchant');
      requireMerchant(admission.caller, merchantId);
      admission.chargeMerchant(merchantId, calls);
      if (!(await isMerchant(merchantId))) {
        throw new CoreError('permission_denied', 'merchant_id: not a valid merchant', {
          field: 'merchant_id',
        });
      }
      return {
        ...admission.caller,
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
    leave: admission.leave,
    finish,
    fail,
  });

  return (incoming, policy, observeCall) => {
    const opened = open(incoming, policy, observeCall);
    let entered: Admission | Promise<Admission>;
    try {
      // No caller waits for the answer any more: the call counts against no quota, and no work starts.
      if (opened.call.ended) throw opened.call.ended;
      entered = gate.enter(incoming, policy);
    } catch (thrown) {
      throw opened.fail(thrown);
    }
    if (!(entered instanceof Promise)) return admitted(opened, entered);
    const pending = entered;
    return opened.call.race(pending).then(
      (admission) => admitted(opened, admission),
      (thrown: unknown) => {
        // The call may have ended first: a slot that is acquired after that is returned.
        pending.then((admission) => admission.leave()).catch(() => undefined);
        throw opened.fail(thrown);
      },
    );
  };
}
