import { registerProcessGauge, type Registry } from '@core/runtime';

/** The bytes that all requests of a kind may hold at once. */
export interface ByteBudget {
  readonly held: number;
  /** @returns false, and acquires nothing, when fewer bytes are free */
  acquire(bytes: number): boolean;
  release(bytes: number): void;
}

/**
 * Maximum bytes of bodies that one process holds over both ports: read, and not yet decoded or stored. This
 * is 80 of the largest requests and thousands of the usual ones. Further requests are refused, and none of
 * their bytes are kept.
 */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/**
 * @param parent a budget that contains this one: bytes count against both; this one keeps its own limit
 */
export function createByteBudget(most: number, parent?: ByteBudget): ByteBudget {
  let held = 0;
  return {
    get held() {
      return held;
    },
    acquire(bytes) {
      if (held + bytes > most || (parent && !parent.acquire(bytes))) return false;
      held += bytes;
      return true;
    },
    release(bytes) {
      held -= bytes;
      parent?.release(bytes);
    },
  };
}

/** Reports the bytes that are held at the moment of the scrape. */
export const registerHeldBytes = (registry: Registry, name: string, help: string, budget: ByteBudget): void =>
  registerProcessGauge(registry, name, help, () => budget.held);
