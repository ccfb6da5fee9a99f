import type { Reader } from '@core/db';

export interface KeyStatus {
  /** Of the keyring, by how many merchants' keys each wraps; only those that wrap any. */
  keyring: { key: string; merchants: number }[];
  /** Merchants by the newest generation of their data key. */
  generations: { generation: number; merchants: number }[];
  /** Merchants whose keys were destroyed and not made anew. */
  destroyed: number;
  rotations: RotationStatus[];
}

/** Of a merchant whose rows are on their way to a new data key. */
export interface RotationStatus {
  merchant_id: string;
  generation: number;
  /** Re-encrypted so far. */
  rows: number;
  started_at: Date;
}

/** Which keys are in use, and which rotations are not finished. */
export async function readKeyStatus(reader: Reader): Promise<KeyStatus> {
  const keyring = await reader.query<{ key: string; merchants: number }>(
    `select key, count(distinct merchant_id)::int as merchants
       from (select merchant_id, split_part(data_key, '.', 1) as key from merchant_keys where data_key is not null
             union
             select merchant_id, split_part(index_key, '.', 1) from merchant_keys where index_key is not null) wrapped
      group by key order by key`,
  );
  const newest = await reader.query<{ generation: number; destroyed: boolean; merchants: number }>(
    `select generation, destroyed, count(*)::int as merchants
       from (select distinct on (merchant_id) generation, destroyed_at is not null as destroyed
               from merchant_keys order by merchant_id, generation desc) newest
      group by generation, destroyed order by generation`,
  );
  const rotations = await reader.query<RotationStatus & Record<string, unknown>>(
    `select merchant_id, generation, rows::float8 as rows, started_at from key_rotations
      where finished_at is null order by merchant_id`,
  );
  return {
    keyring,
    generations: newest
      .filter(({ destroyed }) => !destroyed)
      .map(({ generation, merchants }) => ({ generation, merchants })),
    destroyed: newest.filter(({ destroyed }) => destroyed).reduce((sum, { merchants }) => sum + merchants, 0),
    rotations,
  };
}
