// Checks the English of comments, pages, messages, and the texts in YAML, protos and SQL:
// `node infra/tools/src/english/check.ts [paths]`. Without paths it checks the whole repository.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import { listFiles } from '../files/list-files.ts';
import { judgeProse, type Rule } from './judge-prose.ts';

const ENDS = 'ts mjs cjs js sql sh yml yaml proto md go java toml conf cfg Dockerfile'
  .split(' ')
  .map((end) => `*.${end}`);
/** Vendored and generated files, and the sentences that specs plant. */
const LEFT_OUT = /\/gen\/|^proto\/(?:google|grpc)\/|\/english\/.*\.spec\.ts$|\/english\/words\.ts$/;

const root = workspaceRoot();
const paths = process.argv.slice(2);
const files = listFiles(root, { patterns: [...ENDS, '.env.example'], untracked: true })
  .filter((file) => !LEFT_OUT.test(file))
  .filter((file) => paths.length === 0 || paths.some((path) => file.startsWith(path)));
if (files.length === 0) throw new Error(`no file to check in ${paths.join(', ')}`);

const counts: Record<Rule, number> = { opening: 0, word: 0, length: 0, columns: 0 };
for (const file of files) {
  for (const { rule, line, says } of judgeProse(file, readFileSync(join(root, file), 'utf8'))) {
    counts[rule]++;
    console.log(`${file}:${line} ${says}`);
  }
}
const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
const { opening, word, length, columns } = counts;
console.log(
  `${files.length} files: ${opening} openings, ${word} banned words, ${length} long sentences, ${columns} long lines`,
);
if (all > 0) process.exitCode = 1;
