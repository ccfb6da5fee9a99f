import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import ts from 'typescript';

const root = workspaceRoot();
const SRC = join(root, 'libs/domain/src');

/** Functions that features share and that are no commands or queries, or cannot have the shape. */
const EXCEPTIONS = new Map([
  ['imports.renewToken', 'takes the pool: the request to the shop lies between its transactions'],
  [
    'customers.findPerson',
    'a step: takes the keys of one merchant, which its callers have decrypted, or null',
  ],
  ['customers.findSharedEmails', 'a step: takes the keys of one merchant, which its callers have decrypted'],
  [
    'customers.findHoldersWithoutIndex',
    'a step of erasures and exports, which compares emails by a function',
  ],
  ['customers.decryptReadableEmails', 'a step of erasures, exports and merges'],
  ['customers.reindexEmails', 'a step: takes the keys of one merchant, which its callers have decrypted'],
  [
    'customers.listChangedCustomers',
    'reads from two nodes: the primary, and a node that has caught up with it',
  ],
  ['keys.rotateMerchants', 'opens a transaction for each page of each merchant'],
]);

/** All features but `core`, which contains only parts of commands and queries. */
const features = readdirSync(SRC, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'core')
  .map(({ name }) => name);

/** Creates a program of all features, with the text `virtual` as the file virtual.ts. */
function programOf(virtual: string): ts.Program {
  const { config } = ts.parseConfigFileTextToJson(
    'tsconfig.base.json',
    readFileSync(join(root, 'tsconfig.base.json'), 'utf8'),
  ) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, types: ['node'] }, root);
  const host = ts.createCompilerHost({ ...options, noEmit: true });
  const [getSourceFile, fileExists] = [host.getSourceFile.bind(host), host.fileExists.bind(host)];
  const path = join(SRC, 'virtual.ts');
  host.fileExists = (file) => file === path || fileExists(file);
  host.getSourceFile = (file, version, ...rest) =>
    file === path ? ts.createSourceFile(file, virtual, version) : getSourceFile(file, version, ...rest);
  const files = [...features.map((feature) => join(SRC, feature, 'index.ts')), path];
  return ts.createProgram(files, { ...options, noEmit: true }, host);
}

const CONTEXTS = `
  import type { Reader } from '@core/db';
  import type { CommandContext, Pages } from './core/index.ts';
  export type Context = CommandContext & Pages;
  export type { Reader };`;

/** Returns the problem of each export of this file that reads or writes and has a wrong shape, by name. */
function wrongShapes(program: ts.Program, file: string): Map<string, string> {
  const checker = program.getTypeChecker();
  const exportsOf = (path: string) => {
    const source = program.getSourceFile(path);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${path} exports nothing`);
    return checker
      .getExportsOfModule(module)
      .map((each) => (each.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(each) : each));
  };
  const named = new Map(exportsOf(join(SRC, 'virtual.ts')).map((symbol) => [symbol.name, symbol]));
  const typeNamed = (name: string): ts.Type => checker.getDeclaredTypeOfSymbol(named.get(name)!);
  const [context, reader] = [typeNamed('Context'), typeNamed('Reader')];
  const isContext = (type: ts.Type) =>
    checker.isTypeAssignableTo(context, type) && checker.getPropertiesOfType(type).length > 0;
  const isObject = (type: ts.Type): boolean =>
    type.isIntersection() || type.isUnion()
      ? type.types.every(isObject)
      : (type.flags & ts.TypeFlags.Object) !== 0 && type.getCallSignatures().length === 0;

  const problemOf = (signature: ts.Signature): string | undefined => {
    const types = signature.parameters.map((parameter) => checker.getTypeOfSymbol(parameter));
    const [first, ...rest] = types;
    const isAsync = /^(Promise|AsyncGenerator)$/.test(signature.getReturnType().symbol?.name ?? '');
    // Tx is a Reader.
    if (!first || !checker.isTypeAssignableTo(first, reader)) {
      return isAsync ? 'does not start with tx or reader' : undefined;
    }
    if (rest.length > 2) return 'has more parameters than ctx and input';
    if (rest.length === 2 && !isContext(rest[0]!)) return 'has another parameter in the place of ctx';
    if (!rest.every(isObject)) return 'has an input that is not an object';
    return undefined;
  };
  return new Map(
    exportsOf(file).flatMap((symbol) => {
      if (!(symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable))) return [];
      const [problem] = checker
        .getTypeOfSymbol(symbol)
        .getCallSignatures()
        .flatMap((each) => problemOf(each) ?? []);
      return problem === undefined ? [] : [[symbol.name, problem] as const];
    }),
  );
}

let program: ts.Program;
beforeAll(() => {
  program = programOf(`${CONTEXTS}
    import type { Actor, Tx } from '@core/db';
    type Done = Promise<void>;
    declare const made: <F>() => F;
    export const whole = made<(tx: Tx, ctx: CommandContext, input: { id: string }) => Done>();
    export const actor = made<(tx: Tx, ctx: Actor, ids: readonly string[]) => Done>();
    export const nobody = made<(tx: Tx, input: { id: string }) => Done>();
    export const list = made<(reader: Reader, ctx: Pages, input: { id: string }) => Done>();
    export const pure = made<(id: string, other: string) => string>();
    export const loose = made<(tx: Tx, id: string) => Done>();
    export const many = made<(tx: Tx, ctx: Actor, input: { id: string }, more: { id: string }) => Done>();
    export const other = made<(tx: Tx, input: { id: string }, more: { id: string }) => Done>();
    export const pool = made<(pool: { query(): void }, input: { id: string }) => Done>();`);
});

it('refuses every shape other than (tx, ctx, input)', () =>
  expect(Object.fromEntries(wrongShapes(program, join(SRC, 'virtual.ts')))).toEqual({
    loose: 'has an input that is not an object',
    many: 'has more parameters than ctx and input',
    other: 'has another parameter in the place of ctx',
    pool: 'does not start with tx or reader',
  }));

it('every command and query of the domain has this shape, except the named exceptions', () => {
  const wrong = features.flatMap((feature) =>
    [...wrongShapes(program, join(SRC, feature, 'index.ts'))].map(([name, problem]) => ({
      name: `${feature}.${name}`,
      problem,
    })),
  );
  expect(wrong.filter(({ name }) => !EXCEPTIONS.has(name))).toEqual([]);
  // An exception that is no longer needed must be removed.
  expect([...EXCEPTIONS.keys()].filter((name) => !wrong.some((each) => each.name === name))).toEqual([]);
});
