import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { METRIC_NAME, readDeclarations, type DeclaredMetric } from './metric-declarations.ts';
import { functionWith, readHelperNames, type Helper, type Reader } from './metric-helpers.ts';
import { textOf } from './read-literals.ts';
import { errorAt, isPassedOn, walk } from './walk-source.ts';

/**
 * Returns the metrics that the product declares, sorted by name. They are read from the sources, because a
 * process registers some of them only when it starts, and no single process has all of them.
 * `infra/e2e` compares the result with what the running apps report.
 * @param root of the checkout
 * @throws Error when a declaration does not name its metric and help as literals
 */
export function readMetrics(root: string): DeclaredMetric[] {
  const files = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.spec.ts') && !/^libs\/(?:testing|stack|shopify-stand-in)\//.test(file),
  );
  const texts = files.sort().map((file) => [file, readFileSync(join(root, file), 'utf8')]);
  return metricsOf(Object.fromEntries(texts)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Returns the metrics that files declare with a constructor, or with a helper that receives name and help. A
 * helper may be imported, and may call another helper.
 * @param files the text of each file, by its path from the root of the checkout
 */
export function metricsOf(files: Readonly<Record<string, string>>): DeclaredMetric[] {
  const entries = Object.entries(files);
  const declared = entries
    .filter(([, text]) => MENTIONS.test(text))
    .flatMap(([file, text]) => readDeclarations(parse(file, text)));
  const metrics = declared.filter((each) => 'help' in each);
  const helpers = declared.filter((each) => 'helpAt' in each);
  const readers = new Map<string, Reader>();
  let known: number;
  do {
    known = helpers.length;
    for (const [file, text] of entries) {
      if (!MENTIONS.test(text) && !helpers.some(({ name }) => text.includes(name))) continue;
      const reader = readers.get(file) ?? readHelperNames(parse(file, text), helpers);
      readers.set(file, reader);
      addHelpers(reader, helpers);
    }
  } while (known < helpers.length);
  return [...metrics, ...[...readers.values()].flatMap(readCalls)];
}

/** A file without any of these declares a metric only if it calls a helper, whose name it contains. */
const MENTIONS = /\b(?:Counter|Gauge|Histogram|Summary)\b|\bcore_/;

const parse = (file: string, text: string): ts.SourceFile =>
  ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);

/** Adds the functions of a file that pass name and help on to a known helper. */
function addHelpers({ source, helperOf }: Reader, helpers: Helper[]): void {
  walk(source, (node) => {
    const called = ts.isCallExpression(node) ? { node, helper: calledBy(node, helperOf) } : undefined;
    if (!called?.helper) return;
    const { type, labels } = called.helper;
    const made = passesOn(called.node, called.helper);
    if (made && !helpers.some(({ file, name }) => file === made.file && name === made.name))
      helpers.push({ ...made, type, labels });
  });
}

/** Returns the metrics that a file creates by calls of helpers. */
function readCalls({ source, helperOf }: Reader): DeclaredMetric[] {
  const found: DeclaredMetric[] = [];
  walk(source, (node) => {
    if (ts.isIdentifier(node) && isPassedOn(node) && helperOf(node.text))
      throw errorAt(node, `${node.text} creates a metric, so only a call of it can be read`);
    if (!ts.isCallExpression(node)) return;
    const helper = calledBy(node, helperOf);
    if (!helper) return refuseUnknown(node);
    if (passesOn(node, helper)) return;
    const { type, labels } = helper;
    const [name, help] = [helper.nameAt, helper.helpAt].map((at) => textOf(node.arguments[at]));
    if (name === undefined || help === undefined)
      throw errorAt(node, 'the name and help of a metric must be literal');
    found.push({ name, help, type, labels, file: source.fileName });
  });
  return found;
}

const calledBy = ({ expression }: ts.CallExpression, helperOf: Reader['helperOf']): Helper | undefined =>
  ts.isIdentifier(expression) ? helperOf(expression.text) : undefined;

const passesOn = ({ arguments: given }: ts.CallExpression, { nameAt, helpAt }: Helper) => {
  const name = given[nameAt];
  return name && functionWith(name, given[helpAt]);
};

/** @throws Error when a function that is no helper receives the name of a metric, and a text */
function refuseUnknown(node: ts.CallExpression): void {
  const texts = node.arguments.map(textOf).filter((text) => text !== undefined);
  if (texts.some((text) => METRIC_NAME.test(text)) && texts.some((text) => text.includes(' ')))
    throw errorAt(node, `${node.expression.getText()} does not create a metric`);
}
