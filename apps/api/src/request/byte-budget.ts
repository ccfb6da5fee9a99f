import { Gauge, type Registry } from '@core/runtime';

/** The bytes that all requests of a kind may hold at once. */
export interface ByteBudget {
  readonly held: number;
  /** @returns false, and acquires nothing, when fewer bytes are free */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
}

/**
 * Maximum bytes of bodies that one process holds over both ports: read, and not yet decoded or stored. This
 * is 80 of the largest requests and thousands of the usual ones. Further requests are refused, and none of
 * their bytes are kept.
 */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/**
 * @param part a budget that contains this one: bytes count against both; this one keeps its own limit
 */
export function createByteBudget(most: number, part?: ByteBudget): ByteBudget {
  let held = 0;
  return {
    get held() {
      return held;
    },
    take(bytes) {
      if (held + bytes > most || (part && !part.take(bytes))) return false;
      held += bytes;
      return true;
    },
    giveBack(bytes) {
      held -= bytes;
      part?.giveBack(bytes);
    },
  };
}

/** Reports the bytes that are held at the moment of the scrape. */
export function showHeldBytes(registry: Registry, name: string, help: string, budget: ByteBudget): void {
  new Gauge({
    name,
    help,
    labelNames: ['process'] as const,
    registers: [registry],
    collect() {
      this.set({ process: String(process.pid) }, budget.held);
    },
  });
}
