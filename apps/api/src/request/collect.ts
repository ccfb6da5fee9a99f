import type { ByteBudget } from './byte-budget.ts';

/** Collects the bytes of one request as they arrive. */
export interface CollectedBytes {
  readonly length: number;
  /** @returns why the bytes were refused */
  append(part: Buffer): 'too_large' | 'too_many' | 'no_room' | undefined;
  bytes(): Buffer;
  /** Returns the bytes to the budget once they are no longer needed. */
  release(): void;
}

/**
 * Maximum chunks of one request. A body in chunks of one byte costs node:http 2 us for each chunk before the
 * application can refuse it: some 10 ms for this many. Clients send chunks of a kilobyte and more. gRPC
 * frames cost the same.
 */
export const MAX_PARTS = 4_096;

/**
 * Copies chunks into one buffer that doubles. Rejected: a list of chunks. Each chunk is a view of all data
 * that arrived with it on its connection, up to 64 KiB, plus an object of 100 bytes. In chunks of one byte a
 * request would use a hundred times the counted bytes.
 * @param most the limit of this request; all requests share the budget
 */
export function collectBytes(most: number, budget: ByteBudget): CollectedBytes {
  let buffer = Buffer.alloc(0);
  let length = 0;
  let parts = 0;
  return {
    get length() {
      return length;
    },
    append(part) {
      const needed = length + part.length;
      if (needed > most) return 'too_large';
      if (++parts > MAX_PARTS) return 'too_many';
      if (needed > buffer.length) {
        const size = length === 0 ? needed : Math.min(most, Math.max(needed, 2 * buffer.length));
        if (!budget.acquire(size - buffer.length)) return 'no_room';
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
      budget.release(buffer.length);
      buffer = Buffer.alloc(0);
      length = 0;
    },
  };
}
