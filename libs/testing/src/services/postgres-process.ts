import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Child } from './child.ts';
import { query, startNode, type StartNode } from './postgres-node.ts';
import { allProcesses } from './proc.ts';

const run = promisify(execFile);

/** One running server of a cluster, with methods that inject faults. */
export interface PostgresNode {
  /** A new process after each restart. */
  readonly child: Child;
  readonly port: number;
  /** core_owner on core_db. */
  readonly url: string;
  /** The superuser on database postgres. */
  readonly adminUrl: string;
  /** Starts the server again after a stop or a kill, with the same data and port. */
  restart(): Promise<void>;
  /** Sends SIGSTOP to every process of the server. It then accepts connections but does not respond. */
  freeze(): void;
  thaw(): void;
  /** Promotes a standby to primary, and returns once it accepts writes. */
  promote(): Promise<void>;
  /** Takes a backup: stops the server, copies its data, and starts it again. */
  backUp(): Promise<Backup>;
}

export interface Backup {
  /** The backup contains every commit before this time and none after it. */
  takenAt: Date;
  /** Replaces the data with the copy and starts the server. May be called repeatedly. */
  restore(): Promise<void>;
}

/** Starts one server and returns it with its urls. */
export async function startPostgresNode(node: StartNode & { ownerUrl: string }): Promise<PostgresNode> {
  const { ownerUrl, ...start } = node;
  let child = await startNode(start);
  const signal = (name: NodeJS.Signals) => {
    for (const pid of [child.pid, ...childrenOf(child.pid)]) signalIfThere(pid, name);
  };
  return {
    get child() {
      return child;
    },
    port: node.port,
    url: ownerUrl,
    adminUrl: node.url,
    async restart() {
      await child.exited;
      child = await startNode(start);
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async backUp() {
      const copy = `${start.data}.backup`;
      await child.stop();
      const takenAt = new Date();
      await run('cp', ['-a', start.data, copy]);
      child = await startNode(start);
      return {
        takenAt,
        async restore() {
          await child.stop();
          rmSync(start.data, { recursive: true });
          await run('cp', ['-a', copy, start.data]);
          child = await startNode(start);
        },
      };
    },
    promote: async () => void (await query(start.url, 'select pg_promote(wait => true)')),
  };
}

/**
 * Each PostgreSQL backend has a separate session, so a signal to the postmaster's process group would miss
 * it.
 */
const childrenOf = (pid: number): number[] =>
  allProcesses()
    .filter(({ parent }) => parent === pid)
    .map((child) => child.pid);

function signalIfThere(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
