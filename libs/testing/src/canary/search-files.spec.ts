import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { searchFiles } from './search-files.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'core-canary-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const CANARIES = { text: 'canary@example.com', bytes: Buffer.from([0, 255, 7, 0, 1]) };
const CHUNK = 64 * 1024;

it('finds text and bytes in any file, also across the boundary between two chunks', async () => {
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  const [text, across] = [join(folder, 'text'), join(folder, 'deep/er/across')];
  writeFileSync(text, 'x canary@example.com x');
  writeFileSync(across, Buffer.concat([Buffer.alloc(CHUNK - 2, 1), CANARIES.bytes, Buffer.alloc(CHUNK)]));
  writeFileSync(join(folder, 'clean'), 'canary @example.com');
  expect(await searchFiles(folder, CANARIES)).toEqual(
    expect.arrayContaining([
      { file: text, canary: 'text' },
      { file: across, canary: 'bytes' },
    ]),
  );
  expect(await searchFiles(folder, CANARIES)).toHaveLength(2);
  expect(await searchFiles(folder, CANARIES, (path) => path.startsWith('deep'))).toHaveLength(1);
});

it.each<[string, string | Buffer]>([
  ['unencoded', CANARIES.bytes],
  ['as hex digits', `\\x${CANARIES.bytes.toString('hex')}`],
  ['as upper-case hex digits', CANARIES.bytes.toString('hex').toUpperCase()],
  ['in base64', `"${CANARIES.bytes.toString('base64')}"`],
  ['in base64url', `?of=${Buffer.from([251, 255, 191]).toString('base64url')}`],
  ['as a Buffer serialized to JSON', JSON.stringify({ hash: CANARIES.bytes })],
])('finds bytes that are written %s', async (_form, written) => {
  writeFileSync(join(folder, 'file'), written);
  const canaries = { bytes: CANARIES.bytes, address: Buffer.from([251, 255, 191]) };
  expect(await searchFiles(folder, canaries)).toHaveLength(1);
});

it('refuses an empty canary, which would match everything', async () => {
  writeFileSync(join(folder, 'file'), 'x');
  await expect(searchFiles(folder, { empty: '' })).rejects.toThrow('canary empty is empty');
});

it('does not report a folder without files as clean', () =>
  expect(searchFiles(folder, CANARIES)).rejects.toThrow('no file to search'));
