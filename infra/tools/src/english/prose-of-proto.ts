import { proseOfComments, proseOfLiterals } from './prose-of-parts.ts';
import type { Prose } from './prose.ts';
import { readParts, type Delimiter } from './read-parts.ts';

const DELIMITERS: readonly Delimiter[] = [
  { kind: 'comment', open: '//', close: '\n' },
  { kind: 'comment', open: '/*', close: '*/' },
  { kind: 'string', open: '"', close: '"', escape: '\\' },
  { kind: 'string', open: "'", close: "'", escape: '\\' },
];

/** Returns the comments of a proto, and the texts of its options. */
export function proseOfProto(text: string): Prose[] {
  const parts = readParts(text, (at) => DELIMITERS.find(({ open }) => text.startsWith(open, at)));
  return [...proseOfComments(parts, text), ...proseOfLiterals(parts, text, () => 'text')];
}
