import type { ScalingDatabase } from './open-server.ts';

export async function walPosition({ owner }: ScalingDatabase): Promise<string> {
  const { rows } = await owner.query<{ at: string }>('select pg_current_wal_insert_lsn()::text as at');
  return rows[0]?.at ?? '0/0';
}

/** Returns the WAL bytes since a position, for all databases of the server. */
export async function walSince({ owner }: ScalingDatabase, from: string): Promise<number> {
  const { rows } = await owner.query<{ bytes: number }>(
    'select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1)::float8 as bytes',
    [from],
  );
  return rows[0]?.bytes ?? NaN;
}
