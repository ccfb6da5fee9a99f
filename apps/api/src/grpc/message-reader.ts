import type { ByteBudget } from '../request/byte-budget.ts';
import { collectBytes } from '../request/collect.ts';
import { noRoom, notOneMessage, tooLarge, tooManyParts } from '../request/refusals.ts';

/** Collects the single message of a call: a flag, the length in four bytes, then the message bytes. */
export interface MessageReader {
  /** @throws ConnectError when no further bytes may be read */
  take(part: Buffer): void;
  /** @throws ConnectError when the message is incomplete */
  message(): { compressed: boolean; bytes: Buffer };
  /** Returns its bytes to the budget. */
  release(): void;
}

const FRAME = 5;

/**
 * Replaces the decoder of grpc-js, which has one size limit for all methods, has no byte budget shared by all
 * calls, and copies each message. This reader does not copy a message that arrives in one piece, as nearly
 * all do.
 */
export function createMessageReader(most: number, budget: ByteBudget): MessageReader {
  let whole: Buffer | undefined;
  let collected: ReturnType<typeof collectBytes> | undefined;
  const fits = (bytes: Buffer) => {
    if (bytes.readUInt32BE(1) > most) throw tooLarge(most);
    if (bytes.readUInt32BE(1) < bytes.length - FRAME) throw notOneMessage();
  };
  return {
    take(part) {
      if (!whole && !collected && part.length >= FRAME && part.readUInt32BE(1) === part.length - FRAME) {
        fits(part);
        if (!budget.take(part.length)) throw noRoom();
        whole = part;
        return;
      }
      if (whole) throw notOneMessage();
      collected ??= collectBytes(most + FRAME, budget);
      const why = collected.take(part);
      if (why === 'no_room') throw noRoom();
      if (why === 'too_large') throw tooLarge(most);
      if (why === 'too_many') throw tooManyParts();
      if (collected.length >= FRAME) fits(collected.bytes());
    },
    message() {
      const bytes = whole ?? collected?.bytes() ?? Buffer.alloc(0);
      if (bytes.length < FRAME || bytes.readUInt32BE(1) !== bytes.length - FRAME || (bytes[0] ?? 0) > 1) {
        throw notOneMessage();
      }
      return { compressed: bytes[0] === 1, bytes: bytes.subarray(FRAME) };
    },
    release() {
      if (whole) budget.giveBack(whole.length);
      collected?.release();
      whole = collected = undefined;
    },
  };
}
