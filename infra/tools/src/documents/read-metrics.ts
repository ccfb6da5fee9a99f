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

const TYPES = ['Counter', 'Gauge', 'Histogram', 'Summary'];

/**
 * Returns the metrics that the product declares, sorted by name. They are read from the sources, because a
 * process registers some of them only when it starts, and no single process has all of them.
 * `infra/e2e` compares the result with what the running apps report.
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
  if (!/\b(?:Counter|Gauge|Histogram|Summary)\b|\bcore_/.test(text)) return [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const declared: DeclaredMetric[] = [];
  const called: Pick<DeclaredMetric, 'name' | 'help'>[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && TYPES.includes(node.expression.getText(source)))
      declared.push(...constructed(node, source));
    if (ts.isCallExpression(node)) {
      const [name, help] = node.arguments.map(textOf).filter((text) => text !== undefined);
      if (name !== undefined && /^core_[a-z0-9_]+$/.test(name) && help?.includes(' '))
        called.push({ name, help });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const helpers = declared.filter(({ name }) => name === '');
  if (helpers.length > 1) throw new Error(`${file}: two helpers that create metrics need a file each`);
  // A file without a constructor imports its helper: each imported helper creates a gauge without labels.
  const { type, labels } = helpers[0] ?? { type: 'gauge', labels: [] };
  return [
    ...declared.filter(({ name }) => name !== ''),
    ...called.map((each) => ({ ...each, type, labels, file })),
  ];
}

/** Returns the metric of a constructor. Its name is empty when a helper passes the name as a parameter. */
function constructed(node: ts.NewExpression, source: ts.SourceFile): DeclaredMetric[] {
  const [options] = node.arguments ?? [];
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
  const fail = (what: string) =>
    new Error(`${source.fileName}:${line + 1}: ${what} of a metric must be literal`);
  if (!options || !ts.isObjectLiteralExpression(options)) throw fail('the options');
  const property = (name: string) => options.properties.find((each) => each.name?.getText(source) === name);
  const initializer = (name: string) => {
    const found = property(name);
    if (found && ts.isPropertyAssignment(found)) return found.initializer;
    return found && ts.isShorthandPropertyAssignment(found) ? constantOf(name, source) : undefined;
  };
  const given = property('name');
  const passesOn = given !== undefined && ts.isShorthandPropertyAssignment(given);
  if (passesOn && constantOf('name', source)) throw fail('the name');
  const [name, help] = passesOn ? ['', ''] : [textOf(initializer('name')), textOf(initializer('help'))];
  if (name === undefined || help === undefined) throw fail('the name and help');
  const type = node.expression.getText(source).toLowerCase();
  const labels = property('labelNames') ? textsOf(initializer('labelNames')) : [];
  if (!labels) throw fail('the labels');
  return [{ name, help, type, labels, file: source.fileName }];
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

/** Returns the texts of a list of literals; undefined if it is something else. */
function textsOf(node: ts.Expression | undefined): string[] | undefined {
  const value = node && bare(node);
  if (!value || !ts.isArrayLiteralExpression(value)) return undefined;
  const texts = value.elements.map(textOf);
  return texts.every((text) => text !== undefined) ? texts : undefined;
}
