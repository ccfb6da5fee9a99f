import ts from 'typescript';
import { isQuery } from './is-query.ts';
import { proseOfSql } from './prose-of-sql.ts';
import { paragraphs, type Prose, type ProseLine } from './prose.ts';

/**
 * Returns the comments of TypeScript or JavaScript, its strings of three words or more, and the comments and
 * texts of SQL within it.
 */
export function proseOfCode(file: string, text: string): Prose[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const lines = text.split('\n');
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const comments = new Map<number, ProseLine[]>();
  const strings: Prose[] = [];
  const readComment = ({ pos, end }: ts.CommentRange) => {
    if (comments.has(pos)) return;
    const first = lineOf(pos);
    const rows = text.slice(pos, end).split('\n');
    const isTrailing = text.slice(text.lastIndexOf('\n', pos - 1) + 1, pos).trim() !== '';
    const kept = rows.map((row, n) => ({
      number: first + n + 1,
      columns: (lines[first + n] ?? '').length,
      text: withoutMark(row),
      isTrailing: isTrailing && n === 0,
    }));
    comments.set(pos, kept);
  };
  const readLiteral = (node: Literal, isTagged: boolean) => {
    const first = lineOf(node.getStart(source));
    const words = wordsOf(node);
    if (isTagged || isQuery(words)) {
      const columnsOf = (number: number) => (lines[first + number - 1] ?? '').length;
      strings.push(...proseOfSql(sqlOf(node, source)).map((prose) => moved(prose, first, columnsOf)));
    } else if (isProse(words))
      strings.push({ kind: 'string', lines: [{ number: first + 1, columns: 0, text: words }] });
  };
  const visit = (node: ts.Node): void => {
    for (const range of ts.getLeadingCommentRanges(text, node.pos) ?? []) readComment(range);
    for (const range of ts.getTrailingCommentRanges(text, node.end) ?? []) readComment(range);
    if (isLiteral(node)) readLiteral(node, ts.isTaggedTemplateExpression(node.parent));
    // An import names a file.
    if (ts.isImportDeclaration(node)) node.importClause?.getChildren(source).forEach(visit);
    else node.getChildren(source).forEach(visit);
  };
  visit(source);
  const inOrder = [...comments.entries()].sort(([a], [b]) => a - b).flatMap(([, kept]) => kept);
  return [...paragraphs(inOrder), ...strings];
}

/** Removes the marks of a comment from a line, and one space after them. */
function withoutMark(row: string): string {
  const text = row.trim();
  const ended = text.endsWith('*/') ? text.slice(0, -2).trimEnd() : text;
  return ended.replace(/^(?:\/\*\*?|\/\/|\*) ?/, '');
}

type Literal = ts.StringLiteral | ts.NoSubstitutionTemplateLiteral | ts.TemplateExpression;

const isLiteral = (node: ts.Node): node is Literal =>
  ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);

/** A line of code within a fixture. */
const CODE_LINE = /[;{]\n/;

const isProse = (words: string): boolean => words.trim().split(/\s+/).length >= 3 && !CODE_LINE.test(words);

/** Returns the text of a literal. An interpolated value counts as one word. */
const wordsOf = (node: Literal): string =>
  ts.isTemplateExpression(node)
    ? node.head.text + node.templateSpans.map(({ literal }) => `\`x\`${literal.text}`).join('')
    : node.text;

/** Returns the text of a literal in its lines: it has those of its interpolated values, too. */
function sqlOf(node: Literal, source: ts.SourceFile): string {
  if (ts.isStringLiteral(node)) return node.text;
  const bare = (part: ts.Node) =>
    part
      .getText(source)
      .replace(/^[`}]/, '')
      .replace(/(?:`|\$\{)$/, '');
  if (ts.isNoSubstitutionTemplateLiteral(node)) return bare(node);
  const spans = node.templateSpans.map(({ expression, literal }) => {
    const value = source.text.slice(expression.pos, literal.getStart(source));
    return `\`x\`${'\n'.repeat(value.split('\n').length - 1)}${bare(literal)}`;
  });
  return bare(node.head) + spans.join('');
}

const moved = ({ kind, lines }: Prose, by: number, columnsOf: (number: number) => number): Prose => ({
  kind,
  lines: lines.map((line) => ({
    ...line,
    number: line.number + by,
    columns: line.columns && columnsOf(line.number),
  })),
});
