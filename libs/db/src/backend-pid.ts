import type { ClientBase } from 'pg';

/**
 * Returns the pid of the server process of this session. Behind a pooler in transaction mode it is the
 * current one.
 */
export async function pidOf(client: Pick<ClientBase, 'query'>): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  if (!rows[0]) throw new Error('no row from a SELECT without FROM');
  return rows[0].pid;
}

/**
 * Returns whether a pooler is between the client and PostgreSQL. A pooler reports its own pids to its
 * clients, not those of its server connections.
 */
export const isPooled = (client: ClientBase, pid: number): boolean =>
  pid !== (client as unknown as { processID: number | null }).processID;
