import { findBanned } from './find-banned.ts';
import type { Prose } from './prose.ts';
import { readProse } from './read-prose.ts';
import { readSentences } from './read-sentences.ts';

export type Rule = 'opening' | 'word' | 'length' | 'columns';

export interface Finding {
  rule: Rule;
  /** From 1. */
  line: number;
  /** The words at fault and their replacement. */
  says: string;
}

const OPENING = /^["'(\u201c\u2018]?(Whom?|Whose|Whoever|Of|So|What)\b/;
/** The text after a colon, a semicolon or a bar is checked like the start of a sentence. */
const PART = /(?<=[:;|]) +/;
const MAX_WORDS = 35;
const MAX_COLUMNS = 110;

/**
 * Returns the faults in the prose of a file. A sentence that opens with Who, Of, So or What names its subject
 * late. A banned word belongs to no vocabulary that the reader knows. A long sentence makes more than one
 * statement. Editors cut a long line.
 * @param file decides how it is read: a page (.md), TypeScript, or comments by their marks
 */
export const judgeProse = (file: string, text: string): Finding[] =>
  readProse(file, text)
    .flatMap((prose) => [...openings(prose), ...words(prose), ...lengths(prose), ...columns(prose)])
    .sort((a, b) => a.line - b.line);

const openings = (prose: Prose): Finding[] =>
  prose.kind === 'string' || prose.kind === 'heading'
    ? []
    : readSentences(prose).flatMap(({ line, text }) =>
        text.split(PART).flatMap((part) => {
          const opens = OPENING.exec(withoutLead(part))?.[1];
          return opens
            ? [{ rule: 'opening' as const, line, says: `opens with ${opens}: ${part.slice(0, 60)}` }]
            : [];
        }),
      );

/** Removes what may precede a sentence: the tag and name of a parameter, and marks of Markdown. */
const withoutLead = (part: string): string =>
  part
    .replace(/^@\w+ (?:\w+ - )?/, '')
    .replace(/^\*\*[^*]+[.:]\*\* /, '')
    .replace(/^[*_[]+/, '');

/** Reads sentences, not lines: a phrase may wrap over two lines. */
const words = (prose: Prose): Finding[] =>
  readSentences(prose).flatMap(({ line, text }) =>
    findBanned(text).map(({ found, instead }) => ({
      rule: 'word' as const,
      line: prose.lines.find((each) => each.number >= line && each.text.includes(found))?.number ?? line,
      says: `"${found}": write ${instead}`,
    })),
  );

/** Whether spaces align columns of the text, as in a drawing or a table within a comment. */
const isAligned = ({ lines }: Prose): boolean => lines.some(({ text }) => /\S {3,}\S/.test(text));

/** Counts the words of a sentence. Code in backticks is one word; text in parentheses does not count. */
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
  prose.kind === 'string' || prose.kind === 'heading' || isAligned(prose)
    ? []
    : readSentences(prose).flatMap(({ line, text }) => {
        // The parts of a list in a cell are separate statements.
        if (prose.kind === 'cell' && text.includes('; ')) return [];
        const count = wordCount(text);
        return count > MAX_WORDS
          ? [
              {
                rule: 'length' as const,
                line,
                says: `${count} words, at most ${MAX_WORDS}: ${text.slice(0, 60)}`,
              },
            ]
          : [];
      });

const columns = ({ kind, lines }: Prose): Finding[] =>
  kind === 'string' || kind === 'heading'
    ? []
    : lines
        .filter(({ columns, text }) => columns > MAX_COLUMNS && text.includes(' '))
        .map(({ number, columns }) => ({
          rule: 'columns' as const,
          line: number,
          says: `${columns} columns, at most ${MAX_COLUMNS}`,
        }));
