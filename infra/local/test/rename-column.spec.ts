import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { workspaceRoot } from '@core/testing';

const root = workspaceRoot();
const customers = join(root, 'libs/db/src/schema/customers.ts');

/** The compiler's errors in the domain and in all that it imports, with this text as the schema of the customers. */
function errorsWith(schema: string): string[] {
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
  host.readFile = (file) => (file === customers ? schema : readFile.call(host, file));
  host.getSourceFile = (file, options) => {
    const text = host.readFile(file);
    return text === undefined ? undefined : ts.createSourceFile(file, text, options);
  };
  const program = ts.createProgram(
    parsed.fileNames.filter((file) => !file.endsWith('.spec.ts')),
    parsed.options,
    host,
  );
  return ts
    .getPreEmitDiagnostics(program)
    .map(
      ({ file, messageText }) =>
        `${file?.fileName.slice(root.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
}

it('the compiler names each use of a column that was renamed', () => {
  const schema = readFileSync(customers, 'utf8');
  expect(errorsWith(schema)).toEqual([]);

  const renamed = schema.replace(/^( +)sourceUpdatedAt: /m, '$1sourceChangedAt: ');
  expect(renamed).not.toBe(schema);
  const errors = errorsWith(renamed);
  const files = [...new Set(errors.map((error) => error.split(':', 1)[0]))];
  expect(files).toEqual(expect.arrayContaining(['libs/domain/src/customers/upsert/write.ts']));
  expect(errors.filter((error) => error.includes('sourceUpdatedAt')).length).toBeGreaterThan(0);
}, 600_000);
