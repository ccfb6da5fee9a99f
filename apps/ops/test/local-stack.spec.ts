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

const said: string[] = [];
const read = (env: NodeJS.ProcessEnv, from = file) => withLocalStack(env, from, (line) => said.push(line));

it.each([
  ['nothing', {}],
  ["the stack's own file", STACK],
])('the environment of the local stack fills in %s, and that is said', (_, env) => {
  said.length = 0;
  expect(read({ PATH: '/bin', ...env })).toEqual({ PATH: '/bin', ...STACK, DEV_MERCHANT_ID: undefined });
  expect(said).toEqual([`of the local stack (${file})`]);
});

it('with another keyring, for its rotation', () => {
  expect(read({ CORE_ENCRYPTION_KEYS: 'local-2:bmV4dA' })).toMatchObject({
    CORE_DB_HOST: '127.0.0.1',
    CORE_ENCRYPTION_KEYS: 'local-2:bmV4dA',
  });
});

it.each([
  ['another broker', { KAFKA_BROKER: 'kafka.example.com:9092' }],
  ['a database', { CORE_DB_HOST: 'db.example.com' }],
])('and nothing where the environment names %s', (_, env) => {
  said.length = 0;
  expect(read(env)).toEqual(env);
  expect(read({ PATH: '/bin', ...env }, join(dir, 'no.env'))).toEqual({ PATH: '/bin', ...env });
  expect(said).toEqual([]);
});

it('says how to name a stack where none is up and the environment names none', () => {
  said.length = 0;
  expect(read({ PATH: '/bin' }, join(dir, 'no.env'))).toEqual({ PATH: '/bin' });
  expect(said).toEqual([
    `no stack is up in ${dir}: \`npm start\` starts one; \`set -a; . <dir>/stack.env; set +a\` names one of \`npm start -- --dir <dir>\``,
  ]);
});
