const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder; name a file in it',
  ELOOP: 'it is a symbolic link; name the file that it leads to',
  NOT_A_FILE: 'it is no regular file; name one, or a new one',
  EACCES: 'this user has no permission; choose another path, or run the command as a user who has it',
  EPERM: 'this user has no permission; choose another path, or run the command as a user who has it',
  EROFS: 'its file system is read-only; choose another path',
  ENOSPC: 'its file system is full; free some space, or choose another path',
  ENAMETOOLONG: 'its name is too long',
};

/**
 * Returns why a file cannot be read or written. It uses only the error's code: the error's message may
 * contain paths that the operator did not enter.
 */
export function fileProblem(error: unknown): string {
  const { code = 'unknown error' } = error as { code?: string };
  return MEANINGS[code] ?? code;
}
