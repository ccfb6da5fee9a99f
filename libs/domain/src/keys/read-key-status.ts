import { asc, isNotNull, isNull, sql, type Column } from 'drizzle-orm';
import {
  build,
  columns,
  keyRotations,
  merchantKeys,
  relation,
  returning,
  statement,
  type Reader,
  type RowOf,
} from '@core/db';

export interface KeyStatus {
  /** Keys of the keyring that wrap merchants' keys, with the number of those merchants. */
  keyring: { key: string; merchants: number }[];
  /** Merchants by the newest generation of their data key. */
  generations: { generation: number; merchants: number }[];
  /** Merchants whose keys were destroyed and not created again. */
  destroyed: number;
  rotations: RotationStatus[];
}

const ROTATION_STATUS = {
  merchant_id: keyRotations.merchantId,
  generation: keyRotations.generation,
  /** Re-encrypted so far. */
  rows: keyRotations.rows,
  started_at: keyRotations.startedAt,
};

/** A merchant's unfinished rotation to a new data key, by the names in `ops keys status --json`. */
export type RotationStatus = RowOf<typeof ROTATION_STATUS>;

const READ_KEYRING = statement({
  crosses: 'keys',
  text() {
    const { merchantId, dataKey, indexKey } = merchantKeys;
    const wrapping = (key: Column) => ({ merchantId, key: sql<string>`split_part(${key}, '.', 1)` });
    const wrapped = relation('wrapped', wrapping(dataKey));
    return returning(
      { key: wrapped.key, merchants: sql<number>`count(distinct ${wrapped.merchantId})::int` },
      (row) => sql`
      select ${row}
        from (select ${columns(wrapping(dataKey))} from ${merchantKeys} where ${isNotNull(dataKey)}
              union
              select ${columns(wrapping(indexKey))} from ${merchantKeys} where ${isNotNull(indexKey)}) as ${wrapped}
       group by ${wrapped.key} order by ${wrapped.key}`,
    );
  },
});

const READ_NEWEST = statement({
  crosses: 'keys',
  text() {
    const { merchantId, generation, destroyedAt } = merchantKeys;
    const shape = { generation, destroyed: sql<boolean>`${destroyedAt} is not null` };
    const newest = relation('newest', shape);
    return returning(
      { ...newest, merchants: sql<number>`count(*)::int` },
      (row) => sql`
      select ${row}
        from (select distinct on (${merchantId}) ${columns(shape)}
                from ${merchantKeys} order by ${merchantId}, ${generation} desc) as ${newest}
       group by ${newest.generation}, ${newest.destroyed} order by ${newest.generation}`,
    );
  },
});

const READ_ROTATIONS = statement({
  crosses: 'keys',
  row: ROTATION_STATUS,
  text: (_, row) =>
    build
      .select(row)
      .from(keyRotations)
      .where(isNull(keyRotations.finishedAt))
      .orderBy(asc(keyRotations.merchantId)),
});

/** Returns which keys are in use, and which rotations are not finished. */
export async function readKeyStatus(reader: Reader): Promise<KeyStatus> {
  const keyring = await reader.run(READ_KEYRING);
  const newest = await reader.run(READ_NEWEST);
  const rotations = await reader.run(READ_ROTATIONS);
  return {
    keyring,
    generations: newest
      .filter(({ destroyed }) => !destroyed)
      .map(({ generation, merchants }) => ({ generation, merchants })),
    destroyed: newest.filter(({ destroyed }) => destroyed).reduce((sum, { merchants }) => sum + merchants, 0),
    rotations,
  };
}
