import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export interface DeclaredMetric {
  name: string;
  type: string;
  labels: string[];
  help: string;
  /** The file that declares the metric, relative to the root of the checkout. */
  file: string;
}

const TYPES = ['Counter', 'Gauge', 'Histogram'];

/**
 * Returns the metrics that the product declares, sorted by name. They are read from the sources, because a
 * process registers some of them only when it starts, and no single process has all of them.
 * @param root of the checkout
 * @throws Error when a declaration does not name its metric and help as literals
 */
export function readMetrics(root: string): DeclaredMetric[] {
  const files = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('.spec.ts') && !/^libs\/(?:testing|stack|shopify-stand-in)\//.test(file))
    .sort();
  return files
    .flatMap((file) => metricsOf(file, readFileSync(join(root, file), 'utf8')))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Returns the metrics that one file declares with a constructor, or with a helper that receives name and
 * help.
 */
export function metricsOf(file: string, text: string): DeclaredMetric[] {
  if (!/\bcore_/.test(text)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const declared: DeclaredMetric[] = [];
  const called: Pick<DeclaredMetric, 'name' | 'help'>[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && TYPES.includes(node.expression.getText(source)))
      declared.push(...constructed(node, source));
    if (ts.isCallExpression(node)) {
      const [name, help] = node.arguments.map(textOf).filter((text) => text !== undefined);
      if (name !== undefined && /^core_[a-z_]+$/.test(name) && help !== undefined)
        called.push({ name, help });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  // The helper of a file without a constructor is imported: each of those makes a gauge without labels.
  const { type, labels } = declared.find(({ name }) => name === '') ?? { type: 'gauge', labels: [] };
  return [
    ...declared.filter(({ name }) => name !== ''),
    ...called.map((each) => ({ ...each, type, labels, file })),
  ];
}

/** Returns the metric of a constructor; one without a name when a helper passes its parameters on. */
function constructed(node: ts.NewExpression, source: ts.SourceFile): DeclaredMetric[] {
  const [options] = node.arguments ?? [];
  if (!options || !ts.isObjectLiteralExpression(options)) return [];
  const property = (name: string) => options.properties.find((each) => each.name?.getText(source) === name);
  const initializer = (name: string) => {
    const found = property(name);
    if (found && ts.isPropertyAssignment(found)) return found.initializer;
    return found && ts.isShorthandPropertyAssignment(found) ? constantOf(name, source) : undefined;
  };
  const passesOn = ts.isShorthandPropertyAssignment(property('name') ?? node);
  const [name, help] = passesOn ? ['', ''] : [textOf(initializer('name')), textOf(initializer('help'))];
  if (name === undefined || help === undefined) {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    throw new Error(`${source.fileName}:${line + 1}: the name and help of a metric must be string literals`);
  }
  const type = node.expression.getText(source).toLowerCase();
  return [{ name, help, type, labels: textsOf(initializer('labelNames')), file: source.fileName }];
}

/** Returns the initializer of a constant in this file. */
function constantOf(name: string, source: ts.SourceFile): ts.Expression | undefined {
  let found: ts.Expression | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText(source) === name) found = node.initializer;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const bare = (node: ts.Expression): ts.Expression => (ts.isAsExpression(node) ? node.expression : node);

function textOf(node: ts.Expression | undefined): string | undefined {
  if (!node) return undefined;
  const value = bare(node);
  if (ts.isStringLiteralLike(value)) return value.text;
  if (!ts.isBinaryExpression(value) || value.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined;
  const [left, right] = [textOf(value.left), textOf(value.right)];
  return left === undefined || right === undefined ? undefined : left + right;
}

function textsOf(node: ts.Expression | undefined): string[] {
  const value = node && bare(node);
  return value && ts.isArrayLiteralExpression(value)
    ? value.elements.flatMap((each) => textOf(each) ?? [])
    : [];
}
