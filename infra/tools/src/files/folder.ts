import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Relative path -> content of every file below. */
export type Folder = ReadonlyMap<string, string>;

export const readFolder = (folder: string): Folder =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]),
  );

/** The paths of the files that are not in both, or not the same. */
export const differences = (one: Folder, other: Folder): string[] =>
  [...new Set([...one.keys(), ...other.keys()])].filter((path) => one.get(path) !== other.get(path));

/**
 * Makes the folder what `wanted` is, file by file, each whole at any moment. Rejected: to empty it first. A running
 * stack reads these files whenever one of its processes starts again.
 */
export function writeFolder(folder: string, wanted: Folder): void {
  for (const path of differences(wanted, readFolder(folder))) {
    const file = join(folder, path);
    const text = wanted.get(path);
    if (text === undefined) rmSync(file);
    else replaceFile(file, text);
  }
}

function replaceFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}-${process.pid}`;
  writeFileSync(unfinished, text);
  renameSync(unfinished, file);
}
