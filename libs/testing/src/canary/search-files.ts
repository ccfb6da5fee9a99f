import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { formsOf, type Canaries, type WantedForm } from './canaries.ts';

export interface CanaryInFile {
  file: string;
  /** Name of the canary. */
  canary: string;
}

/**
 * Searches every file below a folder for canaries, in each of their forms, whatever the file format. It does
 * not see into compressed data: switch compression off where the files are written.
 * @param skip excludes files that another program owns, by their path relative to `folder`
 */
export async function searchFiles(
  folder: string,
  canaries: Canaries,
  skip: (path: string) => boolean = () => false,
): Promise<CanaryInFile[]> {
  const wanted = formsOf(canaries);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !skip(path.slice(folder.length + 1)));
  if (files.length === 0) throw new Error(`there is no file to search in ${folder}`);
  const found: CanaryInFile[] = [];
  for (const file of files) {
    for (const canary of await hitsIn(file, wanted)) found.push({ file, canary });
  }
  return found;
}

async function hitsIn(file: string, wanted: readonly WantedForm[]): Promise<Set<string>> {
  const longest = Math.max(...wanted.map(({ bytes }) => bytes.length));
  const hits = new Set<string>();
  // A canary may span two chunks.
  let tail = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(file)) {
      const bytes = Buffer.concat([tail, chunk as Buffer]);
      for (const each of wanted) if (bytes.includes(each.bytes)) hits.add(each.canary);
      tail = bytes.subarray(Math.max(0, bytes.length - longest + 1));
    }
  } catch (error) {
    // A running server may delete a file between listing and reading; a deleted file holds no canary.
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
  return hits;
}
