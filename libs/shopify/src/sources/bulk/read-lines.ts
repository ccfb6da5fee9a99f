import { UnusableAnswer } from '../../answers/errors.ts';

/** The size of a page of a file, and the memory that a slice needs: whichever comes first. */
export const PAGE_BYTES = 1_048_576;
export const PAGE_LINES = 2_000;
/** A customer's line has some 400 bytes; one of this length is none. */
export const LONGEST_LINE = 16 * PAGE_BYTES;
const NEWLINE = 0x0a;

export interface Body {
  chunks: AsyncIterable<Uint8Array>;
  /** Bytes of it that are known already. */
  skip: number;
  /** A range of the file: it is read to its end, or its connection would be lost. */
  bounded: boolean;
  /** Whether the file ends where it ends. */
  last: boolean;
}

export interface Lines {
  lines: string[];
  /** Their length in the file, up to and with the last line. */
  bytes: number;
  /** The file ends behind them. */
  end: boolean;
}

/**
 * Reads a page of whole lines and leaves the rest. A body that breaks off gives what came whole: the next page goes
 * on from there, so a connection that never lasts still gets on.
 * @returns no line, and not the end, when the body is part of one line
 * @throws what the body throws when not one line came whole
 */
export async function readLines(body: Body): Promise<Lines> {
  const chunks: Uint8Array[] = [];
  let [bytes, newlines, end, toSkip] = [0, 0, false, body.skip];
  try {
    end = body.last;
    for await (const chunk of body.chunks) {
      const fresh = chunk.subarray(toSkip);
      toSkip -= chunk.length - fresh.length;
      if (fresh.length === 0) continue;
      chunks.push(fresh);
      bytes += fresh.length;
      newlines += countNewlines(fresh);
      end = false;
      if (!body.bounded && (newlines >= PAGE_LINES || (bytes >= PAGE_BYTES && newlines > 0))) break;
      if (bytes > LONGEST_LINE) throw new UnusableAnswer('other_form', 'a file that has no lines');
      end = body.last;
    }
  } catch (error) {
    if (newlines === 0) throw error;
    end = false;
  }
  return cut(Buffer.concat(chunks), end);
}

function cut(buffer: Buffer, end: boolean): Lines {
  const lines: string[] = [];
  let from = 0;
  for (let at = buffer.indexOf(NEWLINE); at >= 0; at = buffer.indexOf(NEWLINE, from)) {
    if (lines.length === PAGE_LINES) return { lines, bytes: from, end: false };
    lines.push(buffer.toString('utf8', from, at));
    from = at + 1;
  }
  if (!end || from === buffer.length) return { lines, bytes: from, end };
  lines.push(buffer.toString('utf8', from));
  return { lines, bytes: buffer.length, end };
}

function countNewlines(chunk: Uint8Array): number {
  let count = 0;
  for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}
