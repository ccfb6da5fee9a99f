import type { Quotas, Stay } from '../quotas/quotas.ts';
import type { Load } from '../quotas/meters.ts';
import type { CallLimit } from './call-limit.ts';
import { requireScope, type Credentials, type Identify } from './caller.ts';
import type { Caller, Scope } from './context.ts';

/** The thing that a call asks for, as far as it decides whether the call may come in. */
export interface Asked extends Load {
  readonly scope: Scope;
}

/** A call that has come in. */
export interface Visit {
  readonly caller: Caller;
  /**
   * Once the request says its merchant.
   * @param calls as many as the request costs
   * @throws ConnectError resource_exhausted: the merchant has used up its quota
   */
  of(merchantId: string, calls?: number): void;
  /** When the work has ended, also work that its caller no longer waits for. Once. */
  leave(): void;
}

/**
 * Decides from the headers alone whether a call comes in: nothing of its body is read before. Every door has it: rpcs
 * on both ports, and files to download.
 */
export interface Gate {
  /**
   * At once when it can, because every call passes here and a promise costs each of them a turn. When it throws or
   * rejects, nothing is held.
   * @throws ConnectError resource_exhausted; CoreError unauthenticated, permission_denied, unavailable
   */
  enter(shown: Credentials, asked: Asked): Visit | Promise<Visit>;
}

export interface GateOptions {
  limit: CallLimit;
  identify: Identify;
  quotas: Quotas;
}

/** Limit of the process -> caller -> scope -> quota of the caller, and of the merchant that its token names. */
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
