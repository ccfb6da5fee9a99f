import { UnusableAnswer } from '../../answers/errors.ts';

/** Page limits, whichever is reached first. They also bound the memory that a slice needs. */
export const PAGE_BYTES = 1_048_576;
export const PAGE_LINES = 2_000;
/** A customer's line has about 400 bytes. A line of this length is not a customer. */
export const LONGEST_LINE = 16 * PAGE_BYTES;
const NEWLINE = 0x0a;

export interface Body {
  chunks: AsyncIterable<Uint8Array>;
  /** Number of leading bytes to skip because they were read before. */
  skip: number;
  /** The body is a range of the file. It is read to its end; otherwise the connection could not be reused. */
  bounded: boolean;
  /** Whether the end of this body is the end of the file. */
  last: boolean;
}

export interface Lines {
  lines: string[];
  /** Their length in the file in bytes, including the last line's newline. */
  bytes: number;
  /** The file ends after these lines. */
  end: boolean;
}

/**
 * Reads a page of whole lines and leaves the rest. If the body is interrupted, the whole lines received so
 * far are returned. The next page continues there, so the read makes progress even over connections that
 * always break.
 * @returns no lines and end = false when the body is a part of one line
 * @throws the body's error when not one line was complete
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
      if (bytes > LONGEST_LINE) throw new UnusableAnswer('other_form', 'the file has no lines');
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
