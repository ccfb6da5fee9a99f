import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvError, readEnv, secretOrFile } from './env.ts';

describe('a secret, or a file with it', () => {
  const dir = mkdtempSync(join(tmpdir(), 'env-'));
  afterAll(() => rmSync(dir, { recursive: true }));
  const schema = { KEYS: secretOrFile({ doc: 'keys' }) };

  it('is taken as it is, or read from its file without the line end', () => {
    const file = join(dir, 'keys');
    writeFileSync(file, 'k1:c2VjcmV0\n');
    expect(readEnv(schema, { KEYS: 'k1:c2VjcmV0' }).KEYS).toBe('k1:c2VjcmV0');
    expect(readEnv(schema, { KEYS: file }).KEYS).toBe('k1:c2VjcmV0');
  });

  it('is refused by name when the file is not there, or nothing is', () => {
    const read = (KEYS?: string) => readEnv(schema, { KEYS });
    expect(() => read(join(dir, 'gone'))).toThrow(EnvError);
    expect(() => read(join(dir, 'gone'))).toThrow('KEYS: names a file that cannot be read: ENOENT');
    expect(() => read(dir)).toThrow('KEYS: names a file that cannot be read: EISDIR');
    expect(() => read()).toThrow('KEYS: is required');
  });
});

describe('NODE_ENV', () => {
  it.each(['prod', 'Production', 'staging', ' production'])('is refused as %p', (NODE_ENV) =>
    expect(() => readEnv({}, { NODE_ENV })).toThrow('NODE_ENV: must be one of development, test, production'),
  );
  it.each([undefined, '', 'development', 'test', 'production'])('is taken as %p', (NODE_ENV) =>
    expect(readEnv({}, { NODE_ENV })).toEqual({}),
  );
});
