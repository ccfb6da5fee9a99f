import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

interface ListFiles {
  /** Patterns of git; all files unless given. */
  patterns?: readonly string[];
  /** Also files that are new and not ignored. */
  untracked?: boolean;
}

/**
 * Returns the files of the checkout, by their paths from its root. A deleted file, which may still be in the
 * index, is left out.
 * @param root of the checkout
 */
export function listFiles(root: string, { patterns = [], untracked = false }: ListFiles = {}): string[] {
  const which = untracked ? ['--cached', '--others', '--exclude-standard'] : [];
  const listed = execFileSync('git', ['ls-files', '-z', ...which, '--', ...patterns], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  return listed.split('\0').filter((file) => file && existsSync(join(root, file)));
}
