import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { allProcesses } from '@core/testing';

const LISTEN = '0A';

/**
 * Returns the TCP sockets on which these processes or their children listen, in /proc's format
 * `7F000001:C383`.
 */
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

/** 127.0.0.1, ::1, and 127.0.0.1 mapped to IPv6. Each 32-bit group is in the byte order of this machine. */
const LOOPBACK = ['0100007F', '00000000000000000000000001000000', '0000000000000000FFFF00000100007F'];

export const isLoopback = (socket: string): boolean => LOOPBACK.includes(socket.split(':')[0] ?? '');

function descendantsOf(pids: readonly number[]): number[] {
  const all = allProcesses();
  const found = new Set(pids);
  // Repeat until a round finds no more processes: a parent may be listed after its child.
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
    return []; // the process has ended since the listing
  }
}

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};
