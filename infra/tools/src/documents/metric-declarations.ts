import ts from 'typescript';
import { readConstructors } from './metric-constructors.ts';
import { functionWith, type Helper } from './metric-helpers.ts';
import { constantOf, textOf, textsOf } from './read-literals.ts';
import { errorAt, walk } from './walk-source.ts';

export interface DeclaredMetric {
  name: string;
  type: string;
  labels: string[];
  help: string;
  /** The file that declares the metric, relative to the root of the checkout. */
  file: string;
}

export const METRIC_NAME = /^core_[a-z0-9_]+$/;

/** Returns the metrics that a file creates by their constructors, and the helpers that do so. */
export function readDeclarations(source: ts.SourceFile): (DeclaredMetric | Helper)[] {
  const found: (DeclaredMetric | Helper)[] = [];
  const typeOf = readConstructors(source);
  const read = new Set<ts.Node>();
  walk(source, (node) => {
    const type = ts.isNewExpression(node) ? typeOf(node.expression) : undefined;
    if (type !== undefined && ts.isNewExpression(node)) {
      node.arguments?.forEach((each) => read.add(each));
      found.push(declaredBy(node, type));
    } else if (ts.isObjectLiteralExpression(node) && !read.has(node)) {
      const name = textOf(valueOf(node, 'name')) ?? '';
      if (METRIC_NAME.test(name) && valueOf(node, 'help'))
        throw errorAt(node, `${name} is declared without a constructor`);
    }
  });
  return found;
}

function declaredBy(node: ts.NewExpression, type: string): DeclaredMetric | Helper {
  const source = node.getSourceFile();
  const [options] = node.arguments ?? [];
  const fail = (what: string) => errorAt(node, `${what} of a metric must be literal`);
  if (!options || !ts.isObjectLiteralExpression(options) || options.properties.some(ts.isSpreadAssignment))
    throw fail('the options');
  const given = { name: valueOf(options, 'name'), help: valueOf(options, 'help') };
  const list = valueOf(options, 'labelNames');
  const labels = list ? textsOf(ts.isIdentifier(list) ? constantOf(list.text, source) : list) : [];
  if (!labels) throw fail('the labels');
  if (given.name && ts.isIdentifier(given.name)) {
    const helper = functionWith(given.name, given.help);
    if (!helper) throw fail('the name');
    return { ...helper, type, labels };
  }
  const [name, help] = [textOf(given.name), textOf(given.help)];
  if (name === undefined || help === undefined) throw fail('the name and help');
  return { name, help, type, labels, file: source.fileName };
}

/** Returns the value of a property; of `{ name }` its name. */
function valueOf(literal: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const found = literal.properties.find((each) => each.name?.getText() === name);
  if (found && ts.isPropertyAssignment(found)) return found.initializer;
  return found && ts.isShorthandPropertyAssignment(found) ? found.name : undefined;
}
