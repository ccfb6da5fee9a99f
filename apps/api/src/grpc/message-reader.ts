import type { ByteBudget } from '../request/byte-budget.ts';
import { collectBytes } from '../request/collect.ts';
import { noRoom, notOneMessage, tooLarge, tooManyParts } from '../request/refusals.ts';

/** Collects the single message of a call: a flag, the length in four bytes, then the message bytes. */
export interface MessageReader {
  /** @throws ConnectError when no further bytes may be read */
  append(part: Buffer): void;
  /** @throws ConnectError when the message is incomplete */
  message(): { compressed: boolean; bytes: Buffer };
  /** Returns its bytes to the budget. */
  release(): void;
}

const PREFIX_BYTES = 5;

/**
 * Replaces the decoder of grpc-js, which has one size limit for all methods, has no byte budget shared by all
 * calls, and copies each message. This reader does not copy a message that arrives in one piece, as nearly
 * all do.
 */
export function createMessageReader(most: number, budget: ByteBudget): MessageReader {
  let whole: Buffer | undefined;
  let collected: ReturnType<typeof collectBytes> | undefined;
  const checkLength = (bytes: Buffer) => {
    if (bytes.readUInt32BE(1) > most) throw tooLarge(most);
    if (bytes.readUInt32BE(1) < bytes.length - PREFIX_BYTES) throw notOneMessage();
  };
  return {
    append(part) {
      if (
        !whole &&
        !collected &&
        part.length >= PREFIX_BYTES &&
        part.readUInt32BE(1) === part.length - PREFIX_BYTES
      ) {
        checkLength(part);
        if (!budget.acquire(part.length)) throw noRoom();
        whole = part;
        return;
      }
      if (whole) throw notOneMessage();
      collected ??= collectBytes(most + PREFIX_BYTES, budget);
      const problem = collected.append(part);
      if (problem === 'no_room') throw noRoom();
      if (problem === 'too_large') throw tooLarge(most);
      if (problem === 'too_many') throw tooManyParts();
      if (collected.length >= PREFIX_BYTES) checkLength(collected.bytes());
    },
    message() {
      const bytes = whole ?? collected?.bytes() ?? Buffer.alloc(0);
      if (
        bytes.length < PREFIX_BYTES ||
        bytes.readUInt32BE(1) !== bytes.length - PREFIX_BYTES ||
        (bytes[0] ?? 0) > 1
      ) {
        throw notOneMessage();
      }
      return { compressed: bytes[0] === 1, bytes: bytes.subarray(PREFIX_BYTES) };
    },
    release() {
      if (whole) budget.release(whole.length);
      collected?.release();
      whole = collected = undefined;
    },
  };
}
