import { UnusableAnswer } from '../../answers/errors.ts';
import type { ShopClient } from '../../client/shop-client.ts';
import { LONGEST_LINE, PAGE_BYTES, PAGE_LINES, readLines, type Lines } from './read-lines.ts';

/** The file no longer exists, or this URL does not give access to it. */
export class FileRefused extends Error {
  override name = 'FileRefused';
}

export interface FilePosition {
  url: string;
  /** Where to continue: the lines and bytes that have been read. */
  line: number;
  byte: number;
}

type FileClient = Pick<ShopClient, 'file'>;

/**
 * Reads one page of an operation's result file with a range request that should contain one page. The
 * connection can then be reused for the next page. Bytes after the last whole line are read again. (Rejected:
 * an open range, closed when the page is full. It costs one connection per page and the bytes in flight.)
 * @throws FileRefused, ShopifyTimeout, UnusableAnswer, or the signal's reason
 */
export async function readFile(client: FileClient, position: FilePosition): Promise<Lines> {
  for (let size = sizeOf(position); size <= LONGEST_LINE; size *= 2) {
    const page = await readRange(client, position, size);
    if (page.lines.length > 0 || page.end) return page;
  }
  throw new UnusableAnswer('other_form', 'the file has no lines');
}

/**
 * Estimates a page's bytes from earlier lines, plus a small margin: without it a page often lacks its last
 * line.
 */
const sizeOf = ({ line, byte }: FilePosition): number =>
  line === 0 ? PAGE_BYTES : Math.min(PAGE_BYTES, Math.ceil((1.02 * PAGE_LINES * byte) / line));

async function readRange(client: FileClient, { url, byte }: FilePosition, size: number): Promise<Lines> {
  const page = await client.file({ url, from: byte, size }, async ({ status, headers, body }) => {
    if (status === 416) return 'end';
    if (status >= 300 && status < 500 && status !== 408 && status !== 429) return 'refused';
    if ((status !== 200 && status !== 206) || !body)
      throw new UnusableAnswer('error', `HTTP ${status} for a file`);
    // A server without range support returns 200 and the whole file from its beginning.
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
  // 416: there are no bytes after the last one that was read.
  return page === 'end' ? { lines: [], bytes: 0, end: true } : page;
}

/**
 * Parses `bytes 0-99/100`. A server that does not report the length will return 416 after the end of the
 * file.
 */
function reachesEnd(contentRange: string | null): boolean {
  const [, last, length] = /^bytes \d+-(\d+)\/(\d+)$/.exec(contentRange ?? '') ?? [];
  return last !== undefined && Number(last) + 1 === Number(length);
}
