export interface Fence {
  /** The line of the opening mark, from 1. */
  line: number;
  /** The word after the mark, in lower case: the language. */
  language: string;
  rows: string[];
  /** False: the page, or the quote around the block, ends within it. */
  closed: boolean;
}

const OPEN = /^(?:[>\s]|[-*+] |\d+[.)] )*(`{3,}|~{3,})\s*\{?(\w*)/;
const QUOTE = /^[>\s]*/;

/** The number of quotes around a line. */
const depthOf = (text: string): number => (QUOTE.exec(text)?.[0] ?? '').split('>').length - 1;

/**
 * Splits a page into its fenced blocks and the other lines. A block ends with a mark of the same character
 * that is at least as long as the opening one, or with the quote around it, as in CommonMark.
 */
export function readFences(page: string): { fences: Fence[]; outside: { number: number; text: string }[] } {
  const fences: Fence[] = [];
  const outside: { number: number; text: string }[] = [];
  let open: { fence: Fence; mark: string; depth: number } | undefined;
  page.split('\n').forEach((row, n) => {
    const text = row.endsWith('\r') ? row.slice(0, -1) : row;
    if (open && depthOf(text) < open.depth) open = undefined;
    if (open) {
      const bare = text.replace(QUOTE, '').trimEnd();
      const closes = bare.length >= open.mark.length && [...bare].every((char) => char === open?.mark[0]);
      if (closes) {
        open.fence.closed = true;
        open = undefined;
      } else open.fence.rows.push(text);
      return;
    }
    const [, mark, language = ''] = OPEN.exec(text) ?? [];
    if (mark === undefined) return void outside.push({ number: n + 1, text });
    const fence = { line: n + 1, language: language.toLowerCase(), rows: [], closed: false };
    fences.push(fence);
    open = { fence, mark, depth: depthOf(text) };
  });
  return { fences, outside };
}
