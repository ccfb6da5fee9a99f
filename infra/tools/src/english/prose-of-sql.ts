import { proseOfComments, proseOfLiterals } from './prose-of-parts.ts';
import type { Prose } from './prose.ts';
import { readParts, type Delimiter, type Part } from './read-parts.ts';

const DELIMITERS: readonly Delimiter[] = [
  { kind: 'comment', open: '--', close: '\n' },
  { kind: 'comment', open: '/*', close: '*/' },
  { kind: 'code', open: '"', close: '"' },
  { kind: 'string', open: "'", close: "'", escape: "'" },
];
const DOLLARS = /\$(?:[a-z_]\w*)?\$/iy;
/** The statements whose literals a person reads. */
const WITH_TEXT = /\b(?:raise|assert|comment\s+on)\b/i;

/**
 * Returns the comments of SQL, and its literals: the texts of RAISE, ASSERT and COMMENT ON, whose sentences
 * are checked, and all others, of which only the words are.
 */
export function proseOfSql(text: string): Prose[] {
  const parts = partsOf(text).filter((part) => !isBreakpoint(part));
  return [...proseOfComments(parts, text), ...proseOfLiterals(parts, text, kindOf)];
}

const kindOf = (before: string) =>
  WITH_TEXT.test(before.slice(before.lastIndexOf(';') + 1)) ? 'text' : 'string';

/** Whether a comment is drizzle's mark between two statements. */
const isBreakpoint = ({ kind, text }: Part): boolean => kind === 'comment' && text.startsWith('>');

/** Returns the parts of SQL. The body of a function or of DO is code, too; the text of a comment is not. */
function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let code = '';
  for (const part of readParts(text, (at) => delimiterAt(text, at))) {
    if (part.kind === 'code') code += part.text;
    const isBody = part.kind === 'string' && text.startsWith('$', part.opensAt) && kindOf(code) === 'string';
    if (isBody) {
      const inner = partsOf(part.text);
      parts.push(
        ...inner.map((each) => ({ ...each, opensAt: part.at + each.opensAt, at: part.at + each.at })),
      );
    } else parts.push(part);
  }
  return parts;
}

function delimiterAt(text: string, at: number): Delimiter | undefined {
  DOLLARS.lastIndex = at;
  const [dollars] = text.startsWith('$', at) ? (DOLLARS.exec(text) ?? []) : [];
  if (dollars !== undefined) return { kind: 'string', open: dollars, close: dollars };
  const escaped = /^E'/i.test(text.slice(at, at + 2)) && !/\w/.test(text.charAt(at - 1));
  if (escaped) return { kind: 'string', open: text.slice(at, at + 2), close: "'", escape: "\\'" };
  return DELIMITERS.find(({ open }) => text.startsWith(open, at));
}
