/** A comment, a literal, or the code between two of them. */
export interface Part {
  kind: 'comment' | 'string' | 'code';
  /** Without its delimiters. */
  text: string;
  /** The place of the opening delimiter, and of the text. */
  opensAt: number;
  at: number;
}

export interface Delimiter {
  kind: Part['kind'];
  open: string;
  close: string;
  /** The characters after which a literal does not end: a backslash, or the same quote twice. */
  escape?: string;
}

/**
 * Splits a text into its comments, literals and code. A part without an end reaches to the end of the text.
 * @param delimiterAt the delimiter that opens at a place
 */
export function readParts(text: string, delimiterAt: (at: number) => Delimiter | undefined): Part[] {
  const parts: Part[] = [];
  let code = 0;
  const add = (kind: Part['kind'], opensAt: number, at: number, end: number) => {
    if (end > at) parts.push({ kind, text: text.slice(at, end), opensAt, at });
  };
  let at = 0;
  while (at < text.length) {
    const found = delimiterAt(at);
    if (!found) {
      at++;
      continue;
    }
    add('code', code, code, at);
    const from = at + found.open.length;
    const end = endOf(text, from, found);
    add(found.kind, at, from, end);
    at = Math.min(end + found.close.length, text.length);
    code = at;
  }
  add('code', code, code, text.length);
  return parts;
}

function endOf(text: string, from: number, { close, escape = '' }: Delimiter): number {
  for (let at = from; at < text.length; at++) {
    const isEscape = escape.includes(text.charAt(at)) && (text[at] !== close || text[at + 1] === close);
    if (isEscape) at++;
    else if (text.startsWith(close, at)) return at;
  }
  return text.length;
}
