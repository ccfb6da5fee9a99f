const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of its path is no folder',
  EISDIR: 'it is a folder; name a file in it',
  EACCES: 'this user may not; name another place, or run this as a user who may',
  EPERM: 'this user may not; name another place, or run this as a user who may',
  EROFS: 'its file system is read-only; name another place',
  ENOSPC: 'its file system is full; make room, or name another place',
  ENAMETOOLONG: 'its name is too long',
};

/** Why a file cannot be read or written. By the error's code alone: its words quote paths that nobody has given. */
export function fileProblem(error: unknown): string {
  const { code = 'unknown error' } = error as { code?: string };
  return MEANINGS[code] ?? code;
}
