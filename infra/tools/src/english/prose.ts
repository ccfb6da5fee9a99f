import ts from 'typescript';

/** A piece of running text: one paragraph of a comment or a page, or one string that a person may read. */
export interface Prose {
  kind: 'comment' | 'string' | 'page' | 'cell';
  /** Its lines as they stand in the file, without the marks of a comment. */
  lines: readonly ProseLine[];
}

export interface ProseLine {
  /** From 1. */
  number: number;
  text: string;
  /** Columns of the whole line in the file. */
  columns: number;
}

const CODE = /\.(?:ts|mjs|cjs)$/;
/** Marks of comments in files that are read line by line. */
const LINE_MARK = /^\s*(?:--|#+|\/\/)\s?/;
const TRAILING: Record<string, RegExp> = { sql: / -- /, sh: / # /, yml: / # /, yaml: / # /, proto: / \/\/ / };

/** All prose of a file, in the order of the file. */
export function proseOf(file: string, text: string): Prose[] {
  if (file.endsWith('.md')) return proseOfPage(text);
  return CODE.test(file) ? proseOfCode(file, text) : proseOfLines(file, text);
}

/** Paragraphs, items of lists and cells of tables. Fenced code and headings are none. */
function proseOfPage(text: string): Prose[] {
  const found: Prose[] = [];
  let fenced = false;
  let open: ProseLine[] = [];
  const close = () => {
    if (open.length > 0) found.push({ kind: 'page', lines: open });
    open = [];
  };
  text.split('\n').forEach((line, n) => {
    const at = { number: n + 1, columns: line.length };
    if (/^\s*(?:```|~~~)/.test(line)) {
      close();
      fenced = !fenced;
    } else if (fenced) return;
    else if (line.trim() === '' || line.startsWith('#')) close();
    else if (line.trim().startsWith('|')) {
      close();
      // A table has the width of its cells.
      for (const cell of line.split('|'))
        if (cell.trim()) found.push({ kind: 'cell', lines: [{ ...at, columns: 0, text: cell.trim() }] });
    } else {
      if (/^\s*(?:[-*]|\d+\.) /.test(line)) close();
      open.push({ ...at, text: line.replace(/^\s*(?:[-*]|\d+\.) /, '').trim() });
    }
  });
  close();
  return found;
}

/** Comments that fill a line, by paragraphs, and those behind code. */
function proseOfLines(file: string, text: string): Prose[] {
  const trailing = TRAILING[file.slice(file.lastIndexOf('.') + 1)];
  const comments: ProseLine[] = [];
  text.split('\n').forEach((line, n) => {
    const at = { number: n + 1, columns: line.length };
    const whole = LINE_MARK.exec(line);
    const behind = whole ? null : trailing?.exec(line);
    if (whole) comments.push({ ...at, text: line.slice(whole[0].length).trim() });
    else if (behind) comments.push({ ...at, text: line.slice(behind.index + behind[0].length).trim() });
  });
  return paragraphs(comments);
}

function proseOfCode(file: string, text: string): Prose[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const lines = text.split('\n');
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const comments = new Map<number, ProseLine[]>();
  const strings: Prose[] = [];
  const readComment = ({ pos, end }: ts.CommentRange) => {
    if (comments.has(pos)) return;
    const first = lineOf(pos);
    const rows = text.slice(pos, end).split('\n');
    const kept = rows.map((row, n) => ({
      number: first + n + 1,
      columns: (lines[first + n] ?? '').length,
      text: withoutMark(row),
    }));
    comments.set(pos, kept);
  };
  const visit = (node: ts.Node): void => {
    for (const range of ts.getLeadingCommentRanges(text, node.pos) ?? []) readComment(range);
    for (const range of ts.getTrailingCommentRanges(text, node.end) ?? []) readComment(range);
    const said = wordsOf(node);
    if (said !== undefined) {
      const number = lineOf(node.getStart(source)) + 1;
      strings.push({ kind: 'string', lines: [{ number, columns: 0, text: said }] });
    }
    if (!ts.isTaggedTemplateExpression(node) && !ts.isImportDeclaration(node))
      node.getChildren(source).forEach(visit);
  };
  visit(source);
  const inOrder = [...comments.entries()].sort(([a], [b]) => a - b).flatMap(([, kept]) => kept);
  return [...paragraphs(inOrder), ...strings];
}

/** Takes the marks of a comment off a line, and one space after them. */
function withoutMark(row: string): string {
  const text = row.trim();
  const ended = text.endsWith('*/') ? text.slice(0, -2).trimEnd() : text;
  return ended.replace(/^(?:\/\*\*?|\/\/|\*) ?/, '');
}

/** A line of code within a fixture. */
const CODE_LINE = /[;{]\n/;
/** SQL and GraphQL are not prose. */
const QUERY =
  /^(?:select|insert into|update \S+ set|delete from|with \S+ as|create (?:table|index|unique|role|database|function|or replace|extension|schema)|alter|drop (?:table|index|role|database|function|policy|trigger)|grant|revoke|set (?:local |session )?\S+ (?:=|to)|lock table|truncate|query|mutation|fragment)\b/i;

/** The text of a literal of three words or more; a value that is put in is one word. */
function wordsOf(node: ts.Node): string | undefined {
  const text =
    ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)
      ? node.text
      : ts.isTemplateExpression(node)
        ? node.head.text + node.templateSpans.map(({ literal }) => `\`x\`${literal.text}`).join('')
        : undefined;
  if (text === undefined || QUERY.test(text.trim()) || CODE_LINE.test(text)) return undefined;
  if (text.trim().split(/\s+/).length < 3) return undefined;
  return text;
}

/** Lines that follow each other are one paragraph, until an empty line, a tag or an item of a list. */
function paragraphs(lines: readonly ProseLine[]): Prose[] {
  const found: ProseLine[][] = [];
  let before: ProseLine | undefined;
  for (const line of lines) {
    const text = line.text.trim();
    const opens =
      !before ||
      line.number !== before.number + 1 ||
      before.text.trim() === '' ||
      /^(?:@\w|[-*] |\d+\. )/.test(text);
    before = line;
    if (text === '') continue;
    const bare = { ...line, text: text.replace(/^(?:[-*]|\d+\.) /, '') };
    const last = opens ? undefined : found.at(-1);
    if (last) last.push(bare);
    else found.push([bare]);
  }
  return found.map((each) => ({ kind: 'comment', lines: each }));
}
