import type { ByteBudget } from './byte-budget.ts';

/** The bytes of one request as they come. */
export interface Collected {
  readonly length: number;
  /** @returns why it was not taken */
  take(part: Buffer): 'too_large' | 'too_many' | 'no_room' | undefined;
  bytes(): Buffer;
  /** Gives them back to the budget, once nobody needs them. */
  release(): void;
}

/**
 * A body in chunks of one byte costs node:http 2 us for each of them, before anybody can say no: some 10 ms for as
 * many as these. Clients send parts of a kilobyte and more.
 */
const MOST_PARTS = 4_096;

/**
 * Copies parts into one buffer that doubles. Not a list of parts: each is a view of all that came with it on its
 * connection, up to 64 KiB, and an object of 100 bytes beside; in parts of one byte a request would take a hundred times
 * what is counted.
 * @param most of this request; the budget is that of all
 */
export function collectBytes(most: number, budget: ByteBudget): Collected {
  let buffer = Buffer.alloc(0);
  let length = 0;
  let parts = 0;
  return {
    get length() {
      return length;
    },
    take(part) {
      const needed = length + part.length;
      if (needed > most) return 'too_large';
      if (++parts > MOST_PARTS) return 'too_many';
      if (needed > buffer.length) {
        const size = length === 0 ? needed : Math.min(most, Math.max(needed, 2 * buffer.length));
        if (!budget.take(size - buffer.length)) return 'no_room';
        const larger = Buffer.allocUnsafeSlow(size);
        buffer.copy(larger, 0, 0, length);
        buffer = larger;
      }
      part.copy(buffer, length);
      length = needed;
      return undefined;
    },
    bytes: () => buffer.subarray(0, length),
    release() {
      budget.giveBack(buffer.length);
      buffer = Buffer.alloc(0);
      length = 0;
    },
  };
}
