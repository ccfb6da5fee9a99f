import { posix } from 'node:path';
import ts from 'typescript';
import { walk } from './walk-source.ts';

/** A function that creates a metric with the name and help that it receives. */
export interface Helper {
  name: string;
  file: string;
  /** The places of both in its parameters. */
  nameAt: number;
  helpAt: number;
  type: string;
  labels: string[];
}

/**
 * Returns the function that receives a name and a help as its parameters.
 * @returns undefined when they come from elsewhere, or the function has no name
 */
export function functionWith(
  name: ts.Expression,
  help: ts.Expression | undefined,
): Omit<Helper, 'type' | 'labels'> | undefined {
  const [one, other] = [parameterOf(name), help && parameterOf(help)];
  if (!one || one.owner !== other?.owner) return undefined;
  const { owner } = one;
  const named = ts.isVariableDeclaration(owner.parent) ? owner.parent.name : owner.name;
  if (!named || !ts.isIdentifier(named) || ts.isMethodDeclaration(owner)) return undefined;
  return { name: named.text, file: owner.getSourceFile().fileName, nameAt: one.at, helpAt: other.at };
}

/** Returns the nearest function with a parameter of this name, and the place of the parameter. */
function parameterOf(value: ts.Expression): { owner: ts.FunctionLikeDeclaration; at: number } | undefined {
  if (!ts.isIdentifier(value)) return undefined;
  for (let node: ts.Node = value; !ts.isSourceFile(node); node = node.parent) {
    if (!ts.isFunctionLike(node) || !('body' in node)) continue;
    const at = node.parameters.findIndex(({ name }) => ts.isIdentifier(name) && name.text === value.text);
    if (at >= 0) return { owner: node, at };
  }
  return undefined;
}

export interface Reader {
  source: ts.SourceFile;
  /** Returns the helper that a name of the file stands for. */
  helperOf(name: string): Helper | undefined;
}

/**
 * Finds helpers by the names of a file: its own functions, and its imports.
 * @param helpers those that are known; more may be added
 */
export function readHelperNames(source: ts.SourceFile, helpers: readonly Helper[]): Reader {
  const file = source.fileName;
  const imports = new Map<string, { name: string; from: string }>();
  walk(source, (node) => {
    if (!ts.isImportSpecifier(node)) return;
    const { moduleSpecifier } = node.parent.parent.parent;
    const from = ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : '';
    imports.set(node.name.text, { name: (node.propertyName ?? node.name).text, from });
  });
  return {
    source,
    helperOf(name) {
      const imported = imports.get(name);
      const [found, other] = helpers.filter((each) =>
        imported
          ? each.name === imported.name && isFrom(each.file, imported.from, file)
          : each.name === name && each.file === file,
      );
      if (other) throw new Error(`${file}: two helpers that create metrics have the name ${name}`);
      return found;
    },
  };
}

/** Whether a file is the one that another file imports, or belongs to the package that it imports. */
const isFrom = (file: string, specifier: string, importer: string): boolean =>
  specifier.startsWith('.')
    ? file === posix.join(posix.dirname(importer), specifier)
    : file.startsWith(`${specifier.replace(/^@core\//, 'libs/')}/src/`);
