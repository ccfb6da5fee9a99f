import type { Child } from './child.ts';
import { startNode, type StartNode } from './postgres-node.ts';
import { allProcesses } from './proc.ts';

/** One running server of a cluster, with the faults that it can be put through. */
export interface PostgresNode {
  /** Another one after a restart. */
  readonly child: Child;
  readonly port: number;
  /** core_owner on core_db. */
  readonly url: string;
  /** The superuser on database postgres. */
  readonly adminUrl: string;
  /** After a stop or a kill: the same data at the same port. */
  restart(): Promise<void>;
  /** SIGSTOP to every process of the server: it accepts connections and answers nothing. */
  freeze(): void;
  thaw(): void;
}

/** Starts one server; its urls come with it. */
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
  };
}

/** PostgreSQL's backends are sessions of their own: a signal to the postmaster's group would miss them. */
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
