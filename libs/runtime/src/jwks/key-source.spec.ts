import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keySource, loadKeys, parseKeySource } from './key-source.ts';

it.each([
  ['https://auth.example.com/jwks.json', { url: 'https://auth.example.com/jwks.json' }],
  ['/etc/core/jwks.json', { file: '/etc/core/jwks.json' }],
  [' {"keys":[],"more":1}', { keys: { keys: [] } }],
])('reads %s', (raw, source) => expect(parseKeySource(raw)).toEqual(source));

it.each(['{"keys":', '{}', '{"keys":"none"}'])('refuses %s, without repeating it', (raw) =>
  expect(() => parseKeySource(raw)).toThrow('must be a URL, a file, or a JWKS: {"keys":[...]}'),
);

it('refuses a variable whose file is missing or not a JWKS', () => {
  const { parse } = keySource({ doc: 'keys', example: '' });
  for (const file of ['/nowhere/jwks.json', __filename]) {
    expect(() => parse(file)).toThrow('there is no such file, or it is not a JWKS');
  }
  expect(parse(undefined)).toBeUndefined();
});

it('reads a file again each time', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'core-jwks-'));
  try {
    const file = join(dir, 'jwks.json');
    for (const kid of ['first', 'second']) {
      writeFileSync(file, JSON.stringify({ keys: [{ kid }] }));
      expect(await loadKeys({ file })).toEqual({ keys: [{ kid }] });
    }
    for (const [text, why] of [
      ['[]', 'the content is not a JWKS'],
      ['null', 'the content is not a JWKS'],
      // The error quotes nothing: the file may contain a private key by mistake.
      ['hunter2', 'the content is not JSON'],
    ] as const) {
      writeFileSync(file, text);
      await expect(loadKeys({ file })).rejects.toThrow(new Error(why));
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
