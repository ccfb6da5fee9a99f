// `npm run help`: every command of package.json with its meaning. Plain JavaScript without imports of this
// repository, because a fresh clone has no installed packages yet.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

const COMMANDS = {
  start: 'run the whole service on this machine, then a tour of it; docs/local.md',
  test: 'run everything that CI runs, except what has not changed since it last passed',
  help: 'print this list',
  ops: 'operate a service: imports, dead letters, outbox, keys, privacy; -- --help lists the commands',
  generate: 'write the code and pages that are derived: protobuf, asyncapi, tables of docs, .env.example',
  lint: 'check the code by ESLint, and which file may import which',
  format: 'format all files by Prettier',
  typecheck: 'check the types of all packages',
  build: 'bundle the apps, as their images contain them',
  bench: 'measure against other stacks; -- --help lists the suites; docs/benchmarks.md',
  load: 'drive the api for 5,000 merchants with k6, and fail when it is too slow',
  'test:compliance': 'run the specs of encryption, erasure, rights and the audit log',
  'test:faults': 'kill, stop and starve the apps and their services under load, and check the ledger',
  'test:field': 'send input as real producers, callers and shops send it',
  'test:abuse': 'send wrong requests and floods, fail over, migrate and update under load',
};

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const names = Object.keys(COMMANDS).filter((name) => name in scripts);
const called = (name) => `npm ${['start', 'test'].includes(name) ? '' : 'run '}${name}`;
const width = Math.max(...names.map((name) => called(name).length)) + 2;
for (const name of names) console.log(`${called(name).padEnd(width)}${COMMANDS[name]}`);
console.log('\nArguments follow two dashes: npm start -- --once. Pages: docs/README.md.');
