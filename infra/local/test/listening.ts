import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { allProcesses } from '@core/testing';

const LISTEN = '0A';

/** Every TCP socket that these processes, or children of theirs, listen on: as /proc writes it, `7F000001:C383`. */
export function listeningOn(pids: readonly number[]): string[] {
  const inodes = new Set([...pids, ...descendantsOf(pids)].flatMap(socketsOf));
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === LISTEN && inodes.has(fields[9] ?? ''))
      .map((fields) => fields[1] ?? ''),
  );
}

/** 127.0.0.1, ::1, and 127.0.0.1 as IPv6 has it; each 32 bits in the order of this machine's bytes. */
const LOOPBACK = ['0100007F', '00000000000000000000000001000000', '0000000000000000FFFF00000100007F'];

export const isLoopback = (socket: string): boolean => LOOPBACK.includes(socket.split(':')[0] ?? '');

function descendantsOf(pids: readonly number[]): number[] {
  const all = allProcesses();
  const found = new Set(pids);
  // Until a round finds nobody: a parent may come behind its child.
  for (let before = 0; before !== found.size;) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return [...found].filter((pid) => !pids.includes(pid));
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode ? [inode] : [];
    });
  } catch {
    return []; // it has ended meanwhile
  }
}

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};
