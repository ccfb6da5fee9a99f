import { lstatSync } from 'node:fs';

/**
 * Checks that a rename to this path replaces nothing but a regular file: root could replace a device, and a
 * link would no longer lead to its file. Check before anything is written, because the temporary file of a
 * folder would be next to it, not in it.
 * @throws an error of the file system, for fileProblem
 */
export function assertReplaceable(file: string): void {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (!found || found.isFile()) return;
  const code = found.isDirectory() ? 'EISDIR' : found.isSymbolicLink() ? 'ELOOP' : 'NOT_A_FILE';
  throw Object.assign(new Error('it is no regular file'), { code, syscall: 'lstat' });
}
