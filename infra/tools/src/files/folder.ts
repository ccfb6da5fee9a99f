import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The content of every file in a folder and its subfolders, by relative path. */
export type Folder = ReadonlyMap<string, string>;

export const readFolder = (folder: string): Folder =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  );

/** Returns the paths of files that are missing on one side or differ. */
export const differences = (one: Folder, other: Folder): string[] =>
  [...new Set([...one.keys(), ...other.keys()])].filter((path) => one.get(path) !== other.get(path));

/**
 * Makes the folder equal to `wanted`, file by file. Each file is replaced atomically. Rejected: emptying the
 * folder first, because a running stack reads these files whenever one of its processes restarts.
 * @returns the relative paths of the files that it has written or removed
 */
export function writeFolder(folder: string, wanted: Folder): string[] {
  const changed = differences(wanted, readFolder(folder));
  for (const path of changed) {
    const file = join(folder, path);
    const text = wanted.get(path);
    if (text === undefined) rmSync(file);
    else replaceFile(file, text);
  }
  return changed;
}

function replaceFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}-${process.pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
}
