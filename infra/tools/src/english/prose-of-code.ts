import ts from 'typescript';
import { paragraphs, type Prose, type ProseLine } from './prose.ts';

/** Returns the comments of TypeScript or JavaScript, and its strings of three words or more. */
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
  const visit = (node: ts.Node): void => {
    for (const range of ts.getLeadingCommentRanges(text, node.pos) ?? []) readComment(range);
    for (const range of ts.getTrailingCommentRanges(text, node.end) ?? []) readComment(range);
    const said = wordsOf(node);
    if (said !== undefined) {
      const number = lineOf(node.getStart(source)) + 1;
      strings.push({ kind: 'string', lines: [{ number, columns: 0, text: said }] });
    }
    // The text of a tagged template is SQL, and an import names a file. Only the code inside is read.
    if (ts.isTaggedTemplateExpression(node)) {
      if (ts.isTemplateExpression(node.template))
        for (const { expression } of node.template.templateSpans) visit(expression);
    } else if (ts.isImportDeclaration(node)) node.importClause?.getChildren(source).forEach(visit);
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

/** A line of code within a fixture. */
const CODE_LINE = /[;{]\n/;
/** SQL and GraphQL are not prose. */
const QUERY =
  /^(?:select|insert into|update \S+ set|delete from|with \S+ as|create (?:table|index|unique|role|database|function|or replace|extension|schema)|alter|drop (?:table|index|role|database|function|policy|trigger)|grant|revoke|set (?:local |session )?\S+ (?:=|to)|lock table|truncate|query|mutation|fragment)\b/;

/** Returns the text of a literal of three words or more. An interpolated value counts as one word. */
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
