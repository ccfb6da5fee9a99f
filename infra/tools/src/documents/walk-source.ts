import ts from 'typescript';

/** Calls `see` for each node of a file, parents first. */
export function walk(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => walk(child, see));
}

/** Returns an error that names the file and the line of a node. */
export function errorAt(node: ts.Node, problem: string): Error {
  const source = node.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
  return new Error(`${source.fileName}:${line + 1}: ${problem}`);
}

/**
 * Whether a name stands for a value that is passed on, stored or returned. A call, a type and a declaration
 * do none of this.
 */
export function isPassedOn(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isExportSpecifier(parent)) return parent.propertyName === node;
  if (ts.isNewExpression(parent) || ts.isCallExpression(parent)) return parent.expression !== node;
  if (ts.isBinaryExpression(parent)) return parent.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword;
  const isDeclared = 'name' in parent && parent.name === node;
  const isOfModule =
    ts.isImportSpecifier(parent) || (ts.isBindingElement(parent) && parent.propertyName === node);
  return !isDeclared && !isOfModule && !ts.isTypeNode(parent) && !ts.isQualifiedName(parent);
}
