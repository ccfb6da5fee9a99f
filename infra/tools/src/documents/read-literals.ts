import ts from 'typescript';
import { walk } from './walk-source.ts';

/** Returns the initializer of a constant in a file. */
export function constantOf(name: string, source: ts.SourceFile): ts.Expression | undefined {
  let found: ts.Expression | undefined;
  walk(source, (node) => {
    if (ts.isVariableDeclaration(node) && node.name.getText(source) === name) found = node.initializer;
  });
  return found;
}

const bare = (node: ts.Expression): ts.Expression => (ts.isAsExpression(node) ? node.expression : node);

/** Returns the text of a literal, or of several that are added; undefined if it is something else. */
export function textOf(node: ts.Expression | undefined): string | undefined {
  if (!node) return undefined;
  const value = bare(node);
  if (ts.isStringLiteralLike(value)) return value.text;
  if (!ts.isBinaryExpression(value) || value.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined;
  const [left, right] = [textOf(value.left), textOf(value.right)];
  return left === undefined || right === undefined ? undefined : left + right;
}

/** Returns the texts of a list of literals; undefined if it is something else. */
export function textsOf(node: ts.Expression | undefined): string[] | undefined {
  const value = node && bare(node);
  if (!value || !ts.isArrayLiteralExpression(value)) return undefined;
  const texts = value.elements.map(textOf);
  return texts.every((text) => text !== undefined) ? texts : undefined;
}
