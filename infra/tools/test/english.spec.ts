import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import { badOpenings } from '../src/english/openings.ts';

const root = workspaceRoot();
const FILES = ['ts', 'mjs', 'cjs', 'sql', 'sh', 'yml', 'yaml', 'proto', 'md'].map((end) => `*.${end}`);
/** Text of others, the log of changes, which is history, and the sentences of the check's own spec. */
const LEFT_OUT = /\/gen\/|^proto\/(?:google|grpc)\/|^CHANGELOG\.md$|\/openings\.spec\.ts$/;

it('no sentence opens with Who, Whom, Of, So or What', () => {
  const files = execFileSync('git', ['ls-files', '-z', '--', ...FILES, '.env.example'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\0')
    .filter((file) => file && !LEFT_OUT.test(file) && existsSync(join(root, file)));
  expect(files.length).toBeGreaterThan(500);
  const found = files.flatMap((file) =>
    badOpenings(file, readFileSync(join(root, file), 'utf8')).map((line) => `${file}:${line}`),
  );
  expect(found).toEqual([]);
});
