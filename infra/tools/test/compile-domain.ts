import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { workspaceRoot } from '@core/testing';

const root = workspaceRoot();

export const readSource = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Returns the compiler's errors in the domain and its imports when one file has the content `text`. */
export function errorsWith(file: string, text: string): string[] {
  const { config } = ts.readConfigFile(join(root, 'libs/domain/tsconfig.json'), ts.sys.readFile);
  const parsed = ts.parseJsonConfigFileContent(
    { ...config, include: ['src'], references: [] },
    ts.sys,
    join(root, 'libs/domain'),
    {
      noEmit: true,
      composite: false,
      emitDeclarationOnly: false,
      declaration: false,
      rootDir: root,
    },
  );
  const host = ts.createCompilerHost(parsed.options);
  const { readFile } = host;
  host.readFile = (path) => (path === join(root, file) ? text : readFile.call(host, path));
  host.getSourceFile = (path, options) => {
    const source = host.readFile(path);
    return source === undefined ? undefined : ts.createSourceFile(path, source, options);
  };
  const program = ts.createProgram(
    parsed.fileNames.filter((path) => !path.endsWith('.spec.ts')),
    parsed.options,
    host,
  );
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file: at, messageText }) =>
        `${at?.fileName.slice(root.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
}
