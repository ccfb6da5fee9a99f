import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import { listFiles } from '../src/files/list-files.ts';

const root = workspaceRoot();
const folder = join(root, 'docs/adr');
const files = readdirSync(folder).sort();

it('numbers decisions without a gap, in file names and titles', () => {
  const found = files.map((name) => [
    Number(name.slice(0, 4)),
    Number(/^# (\d+)\. /.exec(readFileSync(join(folder, name), 'utf8'))?.[1]),
  ]);
  expect(found).toEqual(files.map((_, n) => [n + 1, n + 1]));
});

it('has no reference to a missing decision', () => {
  const patterns = ['*.md', '*.ts', '*.mjs', '*.sql', '*.yml', '*.yaml'];
  const references = listFiles(root, { patterns }).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [
      // A link contains the number and the whole file name; both must match.
      ...[...text.matchAll(/\[ADR (\d{1,4})\]\(([^\s()]+)\)/g)].map(([, number, target = '']) => ({
        file,
        number,
        isThere: files.includes(basename(target)) && Number(basename(target).slice(0, 4)) === Number(number),
      })),
      ...[...text.matchAll(/\bADR (\d{1,4})\b(?!\])/g)].map(([, number]) => ({
        file,
        number,
        isThere: Number(number) >= 1 && Number(number) <= files.length,
      })),
    ];
  });
  expect(references.length).toBeGreaterThan(10);
  expect(references.filter(({ isThere }) => !isThere)).toEqual([]);
});
