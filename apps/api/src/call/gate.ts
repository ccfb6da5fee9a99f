import type { CallLimit } from './call-limit.ts';
import { requireScope, type Credentials, type Identify } from './caller.ts';
import type { Caller, Scope } from './context.ts';

/** The thing that a call asks for, as far as it decides whether the call may come in. */
export interface Asked {
  readonly scope: Scope;
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
  enter(shown: Credentials, asked: Asked): Caller | Promise<Caller>;
  /** When the work has ended, also work that its caller no longer waits for. Once per call that came in. */
  leave(caller: Caller, asked: Asked): void;
}

/** Limit of calls -> caller -> scope. */
export function createGate({ limit, identify }: { limit: CallLimit; identify: Identify }): Gate {
  const letIn = (caller: Caller, asked: Asked): Caller => {
    requireScope(caller, asked.scope);
    return caller;
  };
  return {
    enter(shown, asked) {
      limit.enter();
      try {
        const identified = identify(shown);
        if (!(identified instanceof Promise)) return letIn(identified, asked);
        return identified
          .then((caller) => letIn(caller, asked))
          .catch((refusal: unknown) => {
            limit.leave();
            throw refusal;
          });
      } catch (refusal) {
        limit.leave();
        throw refusal;
      }
    },
    leave: () => limit.leave(),
  };
}
