const OPENING = '(?:Whom?|Of|So|What)\\b';
/** A comment begins, a line of it begins, or a sentence ends before. */
const IN_COMMENT = new RegExp(`(?:^\\s*(?:/\\*\\*?|\\*|//|--|#)\\s*|(?:/[/*]|\\*|--|#).*[.:;] )${OPENING}`);
/** A paragraph, an item of a list or a cell of a table begins, or a sentence ends before. A heading is no sentence. */
const IN_PAGE = new RegExp(`^(?!#)(?:\\s*(?:[-*]|\\d+\\.)?\\s*|.*(?:[.:;]|\\|) )${OPENING}`);

/**
 * The lines with a sentence that opens with Who, Whom, Of, So or What. Such a sentence names its subject late, and its
 * reader has to decode it.
 * @param file decides how its lines are read: pages (.md) or source text
 * @returns line:text, lines counted from 1
 */
export const badOpenings = (file: string, text: string): string[] =>
  text
    .split('\n')
    .map((line, n) => [n + 1, line] as const)
    .filter(([, line]) => (file.endsWith('.md') ? IN_PAGE : IN_COMMENT).test(line))
    .map(([n, line]) => `${n}: ${line.trim()}`);
