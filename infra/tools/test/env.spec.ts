import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import { envRows, envSchemas, type EnvRow } from './env-schemas.ts';

const root = workspaceRoot();

const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** A line of .env.example: a variable with a default is commented out with it, others must be filled in. */
const exampleLines = ({ name, docs, example, defaults }: EnvRow): string => {
  const lines = defaults.map((value) =>
    value === undefined ? `${name}=${example}` : `# ${name}=${value === '' ? example : value}`,
  );
  return [...docs.map((doc) => `# ${doc}`), ...lines].join('\n');
};

/** Cells of a row of the README's table. */
const tableCells = ({ name, apps, docs, defaults }: EnvRow): string[] => [
  `\`${name}\``,
  apps.join(', '),
  defaults
    .map((value) => (value === undefined ? 'required' : value === '' ? 'none' : `\`${value}\``))
    .join(' / '),
  docs.join('; '),
];

let rows: EnvRow[];
beforeAll(async () => {
  rows = envRows(await envSchemas());
});

it('.env.example says what the schemas say', () => {
  const blocks = read('.env.example').trimEnd().split('\n\n').slice(1); // after its own heading
  expect(blocks).toEqual(rows.map(exampleLines));
});

it("README's table says what the schemas say", () => {
  const table = read('README.md')
    .split('\n')
    .filter((line) => /^\| `[A-Z][A-Z_]+` /.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(table).toEqual(rows.map(tableCells));
});

it('no secret has a value in .env.example', () => {
  for (const { name, secret, defaults, example } of rows) {
    if (!secret) continue;
    expect({ name, default: defaults.find((value) => value) }).toEqual({ name, default: undefined });
    expect({ name, placeholder: example === '' || example.includes('<') }).toEqual({
      name,
      placeholder: true,
    });
  }
});
