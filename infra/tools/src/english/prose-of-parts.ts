import { isQuery } from './is-query.ts';
import { paragraphs, type Prose, type ProseLine } from './prose.ts';
import type { Part } from './read-parts.ts';

/** Returns the comments of a file, joined to paragraphs. */
export function proseOfComments(parts: readonly Part[], text: string): Prose[] {
  const rows = text.split('\n');
  const lines = parts
    .filter(({ kind }) => kind === 'comment')
    .flatMap((part) => {
      const isTrailing = text.slice(text.lastIndexOf('\n', part.opensAt - 1) + 1, part.opensAt).trim() !== '';
      const isBlock = text.startsWith('/*', part.opensAt);
      return linesOf(withoutMarks(part), text).map((line, n) => ({
        ...line,
        columns: (rows[line.number - 1] ?? '').length,
        text: isBlock ? line.text.replace(/^\* ?/, '') : line.text,
        // A heading with a rule after it is a paragraph.
        isTrailing: (n === 0 && isTrailing) || line.text.endsWith('----'),
      }));
    });
  return paragraphs(lines);
}

/** Removes what remains of the marks of a comment: `/**`, `///` and `---` open one, too. */
const withoutMarks = (part: Part): Part => ({
  ...part,
  text: part.text.replace(/^(?:\*+|\/+|-+)/, '').replace(/\*$/, ''),
});

/** Two literals are one text if only spaces or the operator of SQL are between them. */
const JOIN = /^[\s|]*$/;

/**
 * Returns the literals of a file. Their columns do not count, because no editor wraps a literal.
 * @param kindOf the kind of a literal, by the code before it
 */
export function proseOfLiterals(
  parts: readonly Part[],
  text: string,
  kindOf: (before: string) => 'text' | 'string',
): Prose[] {
  const found: { kind: 'text' | 'string'; literals: ProseLine[][] }[] = [];
  let code = '';
  let between: string | undefined;
  for (const part of parts) {
    if (part.kind === 'code') {
      code += part.text;
      if (between !== undefined) between += part.text;
    } else if (part.kind === 'string') {
      const joined = between !== undefined && JOIN.test(between) ? found.at(-1) : undefined;
      const lines = linesOf(part, text);
      if (joined) joined.literals.push(lines);
      else found.push({ kind: kindOf(code), literals: [lines] });
      between = '';
    }
  }
  return found
    .filter(({ kind, literals }) =>
      isProse(
        kind,
        literals
          .flat()
          .map((line) => line.text)
          .join(' '),
      ),
    )
    .flatMap(({ kind, literals: [first = [], ...others] }) =>
      others.length === 0 ? paragraphs(first, kind) : { kind, lines: [first, ...others].flat() },
    );
}

/** One word is a name or a value. Outside of a text, two words are one, too. */
const isProse = (kind: 'text' | 'string', words: string): boolean =>
  kind === 'text' ? words.includes(' ') : words.split(/\s+/).length > 2 && !isQuery(words.toLowerCase());

function linesOf({ at, text: words }: Part, text: string): ProseLine[] {
  const first = text.slice(0, at).split('\n').length;
  return words
    .split('\n')
    .map((row, n) => ({ number: first + n, columns: 0, text: row.replaceAll('\\n', ' ').trim() }));
}
