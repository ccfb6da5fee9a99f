import { Gauge, type Registry } from '@core/runtime';

/** Bytes that all requests of a kind may hold at once. */
export interface ByteBudget {
  /** @returns false when so many are no longer free; then nothing is taken */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
}

/** Counts the bytes of webhooks in one process. */
export function createByteBudget(registry: Registry, most: number): ByteBudget {
  let held = 0;
  new Gauge({
    name: 'core_webhook_bytes',
    help: 'Bytes of webhooks held, by process: read and not yet written down',
    labelNames: ['process'] as const,
    registers: [registry],
    collect() {
      this.set({ process: String(process.pid) }, held);
    },
  });
  return {
    take(bytes) {
      if (held + bytes > most) return false;
      held += bytes;
      return true;
    },
    giveBack: (bytes) => void (held -= bytes),
  };
}
