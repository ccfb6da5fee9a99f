import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differences, readFolder, writeFolder } from './folder.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'core-folder-'));
  mkdirSync(join(dir, 'v1'));
  for (const name of ['kept', 'changed', 'left']) writeFileSync(join(dir, 'v1', name), name);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const wanted = new Map([
  ['v1/kept', 'kept'],
  ['v1/changed', 'new'],
  ['v2/added', 'added'],
]);

it('returns the files that differ', () =>
  expect(differences(wanted, readFolder(dir)).sort()).toEqual(['v1/changed', 'v1/left', 'v2/added']));

it('writes the wanted files, removes all others, and returns their paths', () => {
  expect(writeFolder(dir, wanted).sort()).toEqual(['v1/changed', 'v1/left', 'v2/added']);
  expect(readFolder(dir)).toEqual(wanted);
  expect(writeFolder(dir, wanted)).toEqual([]);
});

it('leaves unchanged files alone, and replaces changed files atomically', () => {
  const inode = (name: string) => statSync(join(dir, 'v1', name)).ino;
  const [kept, changed] = [inode('kept'), inode('changed')];
  writeFolder(dir, wanted);
  // A file written in place would be empty for a moment.
  expect([inode('kept') === kept, inode('changed') === changed]).toEqual([true, false]);
});
