import ts from 'typescript';
import { errorAt, isPassedOn, walk } from './walk-source.ts';

const TYPES = ['Counter', 'Gauge', 'Histogram', 'Summary'];

/** Returns the type of the metric that a constructor creates, such as `counter`, or undefined. */
export type TypeOf = (constructor: ts.Node) => string | undefined;

/**
 * Finds the names that the constructors of metrics have in a file: their own, or those that its imports give
 * them.
 * @throws Error when a constructor is used in a way that cannot be followed
 */
export function readConstructors(source: ts.SourceFile): TypeOf {
  const types = new Map(TYPES.map((name) => [name, name.toLowerCase()]));
  walk(source, (node) => {
    if (!ts.isImportSpecifier(node)) return;
    const imported = (node.propertyName ?? node.name).text;
    if (TYPES.includes(imported)) types.set(node.name.text, imported.toLowerCase());
    else types.delete(node.name.text);
  });
  const typeOf: TypeOf = (node) => {
    if (ts.isIdentifier(node)) return types.get(node.text);
    const member = ts.isPropertyAccessExpression(node) ? node.name.text : '';
    return TYPES.includes(member) ? member.toLowerCase() : undefined;
  };
  walk(source, (node) => {
    if (ts.isClassLike(node) && bases(node).some(typeOf))
      throw errorAt(node, 'a class extends a metric: create the metric by its own constructor');
    if (isRenamed(node) || (ts.isIdentifier(node) && types.has(node.text) && isPassedOn(node)))
      throw errorAt(node, 'the constructor of a metric is used as a value: it can only be read after `new`');
  });
  return typeOf;
}

const bases = ({ heritageClauses }: ts.ClassLikeDeclaration): ts.Expression[] =>
  [...(heritageClauses ?? [])]
    .filter(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
    .flatMap(({ types }) => types.map(({ expression }) => expression));

/** Whether a variable takes a constructor from a module, as in `const { Counter: C } = prom`. */
function isRenamed(node: ts.Node): boolean {
  const from = ts.isBindingElement(node)
    ? node.propertyName
    : ts.isVariableDeclaration(node) && node.initializer && ts.isPropertyAccessExpression(node.initializer)
      ? node.initializer.name
      : undefined;
  return from !== undefined && ts.isIdentifier(from) && TYPES.includes(from.text);
}
