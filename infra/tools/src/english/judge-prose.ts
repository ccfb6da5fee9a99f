import { findBanned } from './find-banned.ts';
import { proseOf, type Prose } from './prose.ts';
import { readSentences } from './read-sentences.ts';

export type Rule = 'opening' | 'word' | 'length' | 'columns';

export interface Finding {
  rule: Rule;
  /** From 1. */
  line: number;
  /** The words at fault and what to write instead. */
  says: string;
}

const OPENING = /^["'(]?(Whom?|Whose|Whoever|Of|So|What)\b(?! if\b)/;
/** A part behind a colon, a semicolon or a bar is opened like a sentence. */
const PART = /(?<=[:;|]) +/;
const MOST_WORDS = 35;
const MOST_COLUMNS = 110;

/**
 * Returns the faults in the prose of a file. An opening with Who, Of, So or What names its subject late. A
 * banned word belongs to no vocabulary that the reader knows. A long sentence makes more than one statement.
 * Editors cut a long line.
 * @param file decides how it is read: a page (.md), TypeScript, or comments by their marks
 */
export const judgeProse = (file: string, text: string): Finding[] =>
  proseOf(file, text)
    .flatMap((prose) => [...openings(prose), ...words(prose), ...lengths(prose), ...columns(prose)])
    .sort((a, b) => a.line - b.line);

const openings = (prose: Prose): Finding[] =>
  prose.kind === 'string'
    ? []
    : readSentences(prose).flatMap(({ line, text }) =>
        text.split(PART).flatMap((part) => {
          const opens = OPENING.exec(part)?.[1];
          return opens && !part.endsWith('?')
            ? [{ rule: 'opening' as const, line, says: `opens with ${opens}: ${part.slice(0, 60)}` }]
            : [];
        }),
      );

const words = ({ lines }: Prose): Finding[] =>
  lines.flatMap(({ number, text }) =>
    findBanned(text).map(({ found, instead }) => ({
      rule: 'word' as const,
      line: number,
      says: `"${found}": write ${instead}`,
    })),
  );

/** Columns of text line up with spaces: a drawing or a table within a comment. */
const isAligned = ({ lines }: Prose): boolean => lines.some(({ text }) => /\S {2,}\S/.test(text));

/** Code in backticks is one word; a text in brackets is no part of the sentence. */
function wordCount(text: string): number {
  let depth = 0;
  const outside = [...text.replaceAll(/`[^`]*`/g, 'x')].filter((char) => {
    if (char === '(') depth++;
    const isOutside = depth === 0;
    if (char === ')' && depth > 0) depth--;
    return isOutside;
  });
  return outside.join('').split(' ').filter(Boolean).length;
}

const lengths = (prose: Prose): Finding[] =>
  prose.kind === 'string' || isAligned(prose)
    ? []
    : readSentences(prose).flatMap(({ line, text }) => {
        // The parts of a list in a cell are separate statements.
        if (prose.kind === 'cell' && text.includes('; ')) return [];
        const count = wordCount(text);
        return count > MOST_WORDS
          ? [
              {
                rule: 'length' as const,
                line,
                says: `${count} words, at most ${MOST_WORDS}: ${text.slice(0, 60)}`,
              },
            ]
          : [];
      });

const columns = ({ kind, lines }: Prose): Finding[] =>
  kind === 'string'
    ? []
    : lines
        .filter(({ columns, text }) => columns > MOST_COLUMNS && text.includes(' '))
        .map(({ number, columns }) => ({
          rule: 'columns' as const,
          line: number,
          says: `${columns} columns, at most ${MOST_COLUMNS}`,
        }));
