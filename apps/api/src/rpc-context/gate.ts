import type { MerchantId } from '@core/contracts';
import type { Quotas, Stay } from '../quotas/quotas.ts';
import type { Load } from '../quotas/meters.ts';
import type { CallLimit } from './call-limit.ts';
import { requireScope, type Credentials, type Identify } from './caller.ts';
import type { Caller, Scope } from './context.ts';

/** The properties of a requested method that decide whether a call is admitted. */
export interface Asked extends Load {
  readonly scope: Scope;
}

/** An admitted call. */
export interface Visit {
  readonly caller: Caller;
  /**
   * Called once the request has named its merchant.
   * @param calls the number of calls that the request costs
   * @throws ConnectError resource_exhausted: the merchant has used up its quota
   */
  of(merchantId: MerchantId, calls?: number): void;
  /** Called once when the work has ended, including work that its caller no longer waits for. */
  leave(): void;
}

/**
 * Decides from the headers alone whether a call is admitted, before any part of its body is read. A step of
 * `admit`.
 */
export interface Gate {
  /**
   * Synchronous when possible, because every call passes here and a promise costs each call a turn of the
   * event loop. When it throws or rejects, nothing is held.
   * @throws ConnectError resource_exhausted; CoreError unauthenticated, permission_denied, unavailable
   */
  enter(shown: Credentials, asked: Asked): Visit | Promise<Visit>;
}

export interface GateOptions {
  limit: CallLimit;
  identify: Identify;
  quotas: Quotas;
}

/**
 * Order of checks: limit of the process -> caller -> scope -> quota of the caller, and of the merchant named
 * in its token.
 */
export function createGate({ limit, identify, quotas }: GateOptions): Gate {
  const letIn = (caller: Caller, asked: Asked): Visit => {
    requireScope(caller, asked.scope);
    return visit(caller, asked, quotas.enter(caller, asked));
  };
  const visit = (caller: Caller, { kind }: Asked, stay: Stay): Visit => ({
    caller,
    of: stay.of,
    leave() {
      stay.leave();
      limit.leave(kind);
    },
  });
  return {
    enter(shown, asked) {
      limit.enter(asked.kind);
      try {
        const identified = identify(shown);
        if (!(identified instanceof Promise)) return letIn(identified, asked);
        return identified
          .then((caller) => letIn(caller, asked))
          .catch((refusal: unknown) => {
            limit.leave(asked.kind);
            throw refusal;
          });
      } catch (refusal) {
        limit.leave(asked.kind);
        throw refusal;
      }
    },
  };
}
