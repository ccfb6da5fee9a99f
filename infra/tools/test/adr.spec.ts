import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { workspaceRoot } from '@core/testing';

const root = workspaceRoot();
const folder = join(root, 'docs/adr');
const files = readdirSync(folder).sort();

it('decisions are numbered without a gap, in the name of the file and in its title', () => {
  const found = files.map((name) => [
    Number(name.slice(0, 4)),
    Number(/^# (\d+)\. /.exec(readFileSync(join(folder, name), 'utf8'))?.[1]),
  ]);
  expect(found).toEqual(files.map((_, n) => [n + 1, n + 1]));
});

it('every reference to a decision names one that is there', () => {
  const tracked = execFileSync(
    'git',
    ['ls-files', '-z', '*.md', '*.ts', '*.mjs', '*.sql', '*.yml', '*.yaml'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  const references = tracked
    .split('\0')
    .filter((file) => file && existsSync(join(root, file))) // one that is deleted may still be in the index
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return [
        // With a link, a number and the number of its file; the name of the file is given in whole.
        ...[...text.matchAll(/\[ADR (\d{1,4})\]\(([^\s()]+)\)/g)].map(([, number, target = '']) => ({
          file,
          number,
          isThere:
            files.includes(basename(target)) && Number(basename(target).slice(0, 4)) === Number(number),
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
