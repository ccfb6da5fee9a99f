import type { ClientBase } from 'pg';

/** The process of the server that serves this session; behind a pooler of transactions, the present one. */
export async function pidOf(client: Pick<ClientBase, 'query'>): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  if (!rows[0]) throw new Error('no row from a SELECT without FROM');
  return rows[0].pid;
}

/** Whether a pooler stands between: it has the pids of server connections from PostgreSQL, and tells its clients others. */
export const isPooled = (client: ClientBase, pid: number): boolean =>
  pid !== (client as unknown as { processID: number | null }).processID;
