import { UnusableAnswer } from '../../answers/errors.ts';
import type { ShopClient } from '../../client/shop-client.ts';
import { LONGEST_LINE, PAGE_BYTES, PAGE_LINES, readLines, type Lines } from './read-lines.ts';

/** The file is there no more, or not for this URL. */
export class FileRefused extends Error {
  override name = 'FileRefused';
}

export interface FilePosition {
  url: string;
  /** Where to go on: lines and bytes that were read. */
  line: number;
  byte: number;
}

type FileClient = Pick<ShopClient, 'file'>;

/**
 * Reads a page of an operation's result file by a range that should hold one page, so that the connection
 * serves the next one, too; bytes behind the last whole line are read again. (An open range, left when the
 * page is full, costs a connection a page, and the bytes under way.)
 * @throws FileRefused, ShopifyTimeout, UnusableAnswer, or the signal's reason
 */
export async function readFile(client: FileClient, position: FilePosition): Promise<Lines> {
  for (let size = sizeOf(position); size <= LONGEST_LINE; size *= 2) {
    const page = await readRange(client, position, size);
    if (page.lines.length > 0 || page.end) return page;
  }
  throw new UnusableAnswer('other_form', 'a file that has no lines');
}

/** Bytes of a page, by the lines before; a little more, or a page would often lack its last one. */
const sizeOf = ({ line, byte }: FilePosition): number =>
  line === 0 ? PAGE_BYTES : Math.min(PAGE_BYTES, Math.ceil((1.02 * PAGE_LINES * byte) / line));

async function readRange(client: FileClient, { url, byte }: FilePosition, size: number): Promise<Lines> {
  const page = await client.file({ url, from: byte, size }, async ({ status, headers, body }) => {
    if (status === 416) return 'end';
    if (status >= 300 && status < 500 && status !== 408 && status !== 429) return 'refused';
    if ((status !== 200 && status !== 206) || !body)
      throw new UnusableAnswer('error', `HTTP ${status} of a file`);
    // Without ranges (200) the file comes whole, from its beginning.
    return status === 200
      ? readLines({ chunks: body, skip: byte, bounded: false, last: true })
      : readLines({
          chunks: body,
          skip: 0,
          bounded: true,
          last: reachesEnd(headers.get('content-range')),
        });
  });
  if (page === 'refused') throw new FileRefused('the file is refused');
  // Nothing lies behind the last byte that was read.
  return page === 'end' ? { lines: [], bytes: 0, end: true } : page;
}

/** `bytes 0-99/100`; a server that does not say how long the file is will say 416 behind its end. */
function reachesEnd(contentRange: string | null): boolean {
  const [, last, length] = /^bytes \d+-(\d+)\/(\d+)$/.exec(contentRange ?? '') ?? [];
  return last !== undefined && Number(last) + 1 === Number(length);
}
