import type { Client, Pool } from 'pg';
import { waitUntil } from '../services/wait-until.ts';
import { withClient } from './with-client.ts';

/**
 * Waits until the standby has replayed everything that its primary has written so far. Returns at once when
 * `replicaUrl` leads to the primary, which then serves reads as well.
 */
export async function untilReplayed(primary: Client | Pool, replicaUrl: string): Promise<void> {
  const { rows } = await primary.query<{ lsn: string }>('select pg_current_wal_lsn() as lsn');
  const statement = 'select where not pg_is_in_recovery() or pg_last_wal_replay_lsn() >= $1::pg_lsn';
  await withClient(replicaUrl, (replica) =>
    waitUntil(async () => (await replica.query(statement, [rows[0]?.lsn])).rowCount === 1, {
      what: 'the replica to catch up with its primary',
      everyMs: 10,
    }),
  );
}
