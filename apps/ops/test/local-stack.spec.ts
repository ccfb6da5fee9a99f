import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLocalStack } from '../src/connect/local-stack.ts';

const dir = mkdtempSync(join(tmpdir(), 'ops-stack-'));
const file = join(dir, 'stack.env');
const STACK = {
  CORE_DB_HOST: '127.0.0.1',
  CORE_DB_PORT: '5433',
  CORE_DB_NAME: 'core_db',
  CORE_DB_USER: 'core_owner',
  CORE_DB_PASSWORD: 'p@ss',
  KAFKA_BROKER: 'localhost:9092',
  CORE_ENCRYPTION_KEYS: 'local-1:a2V5',
};
beforeAll(() =>
  writeFileSync(
    file,
    Object.entries(STACK)
      .map((pair) => `${pair.join('=')}\n`)
      .join(''),
  ),
);
afterAll(() => rmSync(dir, { recursive: true }));

const notes: string[] = [];
const read = (env: NodeJS.ProcessEnv, from = file) => withLocalStack(env, from, (line) => notes.push(line));

it.each([
  ['nothing', {}],
  ["the stack's own file", STACK],
])('fills in the variables of the local stack and reports it, given %s', (_, env) => {
  notes.length = 0;
  expect(read({ PATH: '/bin', ...env })).toEqual({ PATH: '/bin', ...STACK, DEV_MERCHANT_ID: undefined });
  expect(notes).toEqual([`using the local stack (${file})`]);
});

it('keeps another keyring, for a key rotation', () => {
  expect(read({ CORE_ENCRYPTION_KEYS: 'local-2:bmV4dA' })).toMatchObject({
    CORE_DB_HOST: '127.0.0.1',
    CORE_ENCRYPTION_KEYS: 'local-2:bmV4dA',
  });
});

it.each([
  ['another broker', { KAFKA_BROKER: 'kafka.example.com:9092' }],
  ['a database', { CORE_DB_HOST: 'db.example.com' }],
])('fills in nothing if the environment names %s', (_, env) => {
  notes.length = 0;
  expect(read(env)).toEqual(env);
  expect(read({ PATH: '/bin', ...env }, join(dir, 'no.env'))).toEqual({ PATH: '/bin', ...env });
  expect(notes).toEqual([]);
});

it('prints how to select a stack if none runs and the environment names none', () => {
  notes.length = 0;
  expect(read({ PATH: '/bin' }, join(dir, 'no.env'))).toEqual({ PATH: '/bin' });
  expect(notes).toEqual([
    `no stack runs in ${dir}: \`npm start\` starts one; \`set -a; . <dir>/stack.env; set +a\` selects one of \`npm start -- --dir <dir>\``,
  ]);
});
