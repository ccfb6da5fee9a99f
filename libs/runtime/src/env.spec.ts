import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addresses,
  EnvError,
  needs,
  optionalText,
  origins,
  readEnv,
  secretOrFile,
  text,
  together,
  withRules,
} from './env.ts';

describe('secretOrFile', () => {
  const dir = mkdtempSync(join(tmpdir(), 'env-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  const schema = { KEYS: secretOrFile({ doc: 'keys' }) };

  it('returns the secret, or the content of the file without the line end', () => {
    const file = join(dir, 'keys');
    writeFileSync(file, 'k1:c2VjcmV0\n');
    expect(readEnv(schema, { KEYS: 'k1:c2VjcmV0' }).KEYS).toBe('k1:c2VjcmV0');
    expect(readEnv(schema, { KEYS: file }).KEYS).toBe('k1:c2VjcmV0');
  });

  it('checks the secret, also that of a file', () => {
    const file = join(dir, 'short');
    writeFileSync(file, 'short');
    const check = (secret: string) => {
      if (secret.length < 8) throw new Error('must have 8 characters');
    };
    for (const KEYS of ['short', file]) {
      const read = () => readEnv({ KEYS: secretOrFile({ doc: 'keys', check }) }, { KEYS });
      expect(read).toThrow('KEYS: must have 8 characters');
    }
  });

  it('names the variable when the file is missing or unreadable, or nothing is set', () => {
    const read = (KEYS?: string) => readEnv(schema, { KEYS });
    expect(() => read(join(dir, 'gone'))).toThrow(EnvError);
    expect(() => read(join(dir, 'gone'))).toThrow('KEYS: names a file that cannot be read: ENOENT');
    expect(() => read(dir)).toThrow('KEYS: names a file that cannot be read: EISDIR');
    expect(() => read()).toThrow('KEYS: is required');
  });
});

describe('addresses', () => {
  const read = (AT: string) => readEnv({ AT: addresses({ doc: 'at' }) }, { AT }).AT;

  it.each([
    [
      'a:1, b-2.example.com:65535',
      [
        { host: 'a', port: 1 },
        { host: 'b-2.example.com', port: 65_535 },
      ],
    ],
    ['10.0.0.2:5432', [{ host: '10.0.0.2', port: 5_432 }]],
    ['[::1]:5432', [{ host: '[::1]', port: 5_432 }]],
    ['::1:5432', [{ host: '::1', port: 5_432 }]],
  ])('accepts %s', (text, expected) => expect(read(text)).toEqual(expected));

  it.each(['http://a:1', 'postgres://core:secret@a:5432/core', 'a:1,', 'a', 'a:0', 'a:1/x', 'a;b:1'])(
    'refuses %s',
    (text) => expect(() => read(text)).toThrow('AT: must be host:port,host:port'),
  );
});

describe('origins', () => {
  const read = (AT: string) => readEnv({ AT: origins({ doc: 'at' }) }, { AT }).AT;

  it('accepts origins in the form that browsers send', () =>
    expect(read('https://a.example.com, http://localhost:3000')).toEqual([
      'https://a.example.com',
      'http://localhost:3000',
    ]));

  it.each([
    'https://a.example.com/',
    'https://A.example.com',
    'https://a.example.com:443',
    'a.example.com',
    '*',
  ])('refuses %s, which no browser sends', (text) =>
    expect(() => read(text)).toThrow('AT: must be origins such as https://admin.example.com'),
  );
});

describe('rules over several variables', () => {
  const one = optionalText({ doc: 'one' });
  const schema = withRules(
    { A: one, B: one, C: one, D: one, E: text({ doc: 'E' }) },
    together('A', 'B', 'C'),
    needs('D', 'A'),
  );
  const problemsOf = (source: NodeJS.ProcessEnv, read = schema): string[] => {
    try {
      readEnv(read, { E: 'e', ...source });
      return [];
    } catch (error) {
      return (error as Error).message.split('\n  ').slice(1);
    }
  };
  const ALL = 'set all of A, B and C, or none';

  it.each([
    [{}, []],
    [{ A: 'a', B: 'b', C: 'c', D: 'd' }, []],
    [{ A: '', B: '', C: '' }, []],
    [{ A: 'a', B: 'b' }, [ALL]],
    [{ A: '', C: 'c' }, [ALL]],
    [{ D: 'd' }, ['D needs A']],
    [{ B: 'b', D: 'd', E: '' }, ['E: is required', ALL, 'D needs A']],
  ])('reports for %j the problems %j', (source, problems) => expect(problemsOf(source)).toEqual(problems));

  it('keeps the rules in a schema that extends another', () =>
    expect(problemsOf({ A: 'a' }, { ...schema, F: one } as typeof schema)).toEqual([ALL]));
});

describe('NODE_ENV', () => {
  it.each(['prod', 'Production', 'staging', ' production'])('refuses %p', (NODE_ENV) =>
    expect(() => readEnv({}, { NODE_ENV })).toThrow('NODE_ENV: must be one of development, test, production'),
  );
  it.each([undefined, '', 'development', 'test', 'production'])('accepts %p', (NODE_ENV) =>
    expect(readEnv({}, { NODE_ENV })).toEqual({}),
  );
});
