import { ShopifyUnavailable } from '../errors.ts';
import { withTimeLimit } from '../transport.ts';
import { readLines, type Lines } from './read-lines.ts';

/** The file is there no more, or not for this URL. */
export class FileRefused extends Error {
  override name = 'FileRefused';
}

export interface FileQuery {
  url: string;
  /** Where to go on. */
  byte: number;
  signal: AbortSignal;
  timeoutMs?: number | undefined;
}

/**
 * A page of an operation's result file. The URL is signed and leads to storage: no token goes there, and it is kept
 * out of cursors and errors, for who has it can read the file.
 * An open range, left when the page is full: its end is where a line ends, which nobody knows before.
 * @throws FileRefused, ShopifyTimeout, ShopifyUnavailable, or the signal's reason
 */
export async function readFile({ url, byte, signal, timeoutMs }: FileQuery): Promise<Lines> {
  const leaving = new AbortController();
  const page = await withTimeLimit(signal, timeoutMs, async (limited) => {
    const response = await fetch(url, {
      // Bytes are counted as they lie there: compressed on the way they would be others.
      headers: { range: `bytes=${byte}-`, 'accept-encoding': 'identity' },
      redirect: 'error',
      signal: AbortSignal.any([limited, leaving.signal]),
    });
    const { status, body } = response;
    if (status === 416) return 'end';
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) return 'refused';
    if ((status !== 200 && status !== 206) || !body) throw new ShopifyUnavailable(`HTTP ${status} of a file`);
    // Without ranges (200) the file comes from its beginning.
    return readLines(body, status === 206 ? 0 : byte);
  }).finally(() => leaving.abort());
  if (page === 'refused') throw new FileRefused('the file is refused');
  // Nothing lies behind the last byte that was read.
  return page === 'end' ? { lines: [], bytes: 0, end: true } : page;
}
