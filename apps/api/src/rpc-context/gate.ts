import type { MerchantId } from '@core/contracts';
import type { Quotas, QuotaUsage } from '../quotas/quotas.ts';
import type { Load } from '../quotas/meters.ts';
import type { CallLimit } from './call-limit.ts';
import { requireScope, type Credentials, type Identify } from './caller.ts';
import type { Caller, Scope } from './context.ts';

/** The properties of a requested method that decide whether a call is admitted. */
export interface AdmissionPolicy extends Load {
  readonly scope: Scope;
}

/** An admitted call. */
export interface Admission {
  readonly caller: Caller;
  /**
   * Called once the request has named its merchant.
   * @param calls the number of calls that the request costs
   * @throws ConnectError resource_exhausted: the merchant has used up its quota
   */
  chargeMerchant(merchantId: MerchantId, calls?: number): void;
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
  enter(credentials: Credentials, policy: AdmissionPolicy): Admission | Promise<Admission>;
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
  const admit = (caller: Caller, policy: AdmissionPolicy): Admission => {
    requireScope(caller, policy.scope);
    return createAdmission(caller, policy, quotas.enter(caller, policy));
  };
  const createAdmission = (caller: Caller, { kind }: AdmissionPolicy, usage: QuotaUsage): Admission => ({
    caller,
    chargeMerchant: usage.chargeMerchant,
    leave() {
      usage.leave();
      limit.leave(kind);
    },
  });
  return {
    enter(credentials, policy) {
      limit.enter(policy.kind);
      try {
        const identified = identify(credentials);
        if (!(identified instanceof Promise)) return admit(identified, policy);
        return identified
          .then((caller) => admit(caller, policy))
          .catch((refusal: unknown) => {
            limit.leave(policy.kind);
            throw refusal;
          });
      } catch (refusal) {
        limit.leave(policy.kind);
        throw refusal;
      }
    },
  };
}
