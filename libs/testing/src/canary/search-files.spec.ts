import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { searchFiles } from './search-files.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'core-canary-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const CANARIES = { text: 'canary@example.com', bytes: Buffer.from([0, 255, 7, 0, 1]) };
const CHUNK = 64 * 1024;

it('finds text and bytes in any file, across the border of two chunks too', async () => {
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

it('does not take a folder without files for a clean one', () =>
  expect(searchFiles(folder, CANARIES)).rejects.toThrow('no file to search'));
