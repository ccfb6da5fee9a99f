import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { list, optionalText, readEnv, secretOrFile, text } from './env.ts';

const KEY = 'ZGV2LW9ubHkta2V5LW5vdC1mb3ItcHJvZHVjdGlvbiE=';
const schema = {
  PASSWORD: text({ doc: '', secret: true, default: '' }),
  KEYS: secretOrFile({ doc: '', default: '' }),
  SECRETS: list({ doc: '', secret: true, default: [] }),
  SASL: optionalText({ doc: '', secret: true }),
  NAME: text({ doc: '', default: '' }),
};
const read = (source: NodeJS.ProcessEnv, NODE_ENV = 'production') => readEnv(schema, { NODE_ENV, ...source });

const dir = mkdtempSync(join(tmpdir(), 'published-'));
afterAll(() => rmSync(dir, { recursive: true }));

it.each<[string, keyof typeof schema, string]>([
  ['a password', 'PASSWORD', 'dev-api'],
  ['a password with blanks around it', 'PASSWORD', ' dev-api\n'],
  ['a placeholder', 'PASSWORD', '<password>'],
  ['one of several secrets', 'SECRETS', 'mine, dev-client-secret'],
  ['the key of a keyring', 'KEYS', `dev-1:${KEY}`],
  ['the key under another id, after another key', 'KEYS', `k2:${'A'.repeat(43)}=,k1:${KEY}`],
  ['the key without its padding', 'KEYS', `k1:${KEY.slice(0, -1)}`],
  ['the password of a login', 'SASL', 'scram-sha-512:core:dev-owner'],
])('refuses in production %s that is published, and does not quote it', (_what, name, value) => {
  let message = '';
  try {
    read({ [name]: value });
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain(`${name}: is published with the source; set a secret of your own`);
  for (const part of value.split(/[,:\s]+/).filter((each) => each.length > 6)) {
    expect(message).not.toContain(part);
  }
  expect(() => read({ [name]: value }, 'development')).not.toThrow();
});

it('checks in production the content of a secret file', () => {
  const file = join(dir, 'keys');
  writeFileSync(file, `dev-1:${KEY}\n`);
  expect(() => read({ KEYS: file })).toThrow('KEYS: is published');
});

it('accepts in production unpublished secrets, and any value of a variable that is no secret', () => {
  const mine = {
    PASSWORD: 'dev-api-2',
    KEYS: `dev-1:${'B'.repeat(43)}=`,
    SECRETS: 'a,b',
    SASL: 'plain:dev:own',
  };
  expect(read({ ...mine, NAME: 'dev-api' })).toMatchObject({ PASSWORD: 'dev-api-2', NAME: 'dev-api' });
});

it('names every published secret in one error', () => {
  expect(() => read({ PASSWORD: 'dev-api', SECRETS: 'dev-client-secret' })).toThrow(
    /PASSWORD: is published.*\n.*SECRETS: is published/,
  );
});
