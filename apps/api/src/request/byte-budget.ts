import { Gauge, type Registry } from '@core/runtime';

/** Bytes that all requests of a kind may hold at once. */
export interface ByteBudget {
  readonly held: number;
  /** @returns false when so many are no longer free; then nothing is taken */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
}

/**
 * Bodies that one process holds at once, over both ports: read, and not yet decoded or written down. It is 256 of the
 * largest requests and thousands of the usual. Beyond it they are refused, and nothing of them is kept.
 */
export const MOST_BODY_BYTES = 32 * 1024 * 1024;

/** @param part of this budget: it takes from both, and never more than its own */
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

/** Shows what is held at the moment of the scrape. */
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
