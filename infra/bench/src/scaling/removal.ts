import { getTableName, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { customers, many, oneOf, statement } from '@core/db';
import { merchantIdOf, partitionName, withClient } from '@core/testing';
import { PARTITIONS } from './compare.ts';
import { MERCHANTS } from './fill.ts';
import type { ScalingDatabase } from './open-server.ts';
import { measureSeconds } from './table-figures.ts';

export interface RemovalFigures {
  /** Deletes the customers of one merchant from one table, then runs VACUUM. */
  merchant: { rows: number; deleteSeconds: number; vacuumSeconds: number };
  /** The same for all merchants of a partition. */
  partition: { rows: number; deleteSeconds: number; vacuumSeconds: number };
  /** Drops the partition with those merchants. */
  dropSeconds: number;
}

const DELETE = statement({
  params: { merchantIds: many(customers.merchantId) },
  text: (p) => sql`delete from ${customers} where ${oneOf(customers.merchantId, p.merchantIds)}`,
});
const VACUUM = statement({ text: () => sql`vacuum (parallel 0) ${customers}` });

const deleteFrom = ({ ownerUrl }: ScalingDatabase, merchantIds: readonly MerchantId[]) =>
  withClient(ownerUrl, async (client) => {
    let rows = 0;
    const deleteSeconds = await measureSeconds(async () => {
      rows = (await client.query(DELETE.text, DELETE.valuesOf({ merchantIds }))).rowCount ?? 0;
    });
    return { rows, deleteSeconds, vacuumSeconds: await measureSeconds(() => client.query(VACUUM.text)) };
  });

/**
 * Compares DELETE with DROP. It comes last, because it removes rows from both. A hash partition contains many
 * merchants, and DROP removes all of them.
 */
export async function measureRemoval(one: ScalingDatabase, parts: ScalingDatabase): Promise<RemovalFigures> {
  const all = Array.from({ length: MERCHANTS }, (_, n) => merchantIdOf(n + 1));
  const { name, merchantsOfPartition } = await withClient(parts.ownerUrl, async (client) => {
    const { rows: largest } = await client.query<{ name: string }>(
      `select name from unnest($1::text[]) as name order by pg_relation_size(name::regclass) desc limit 1`,
      [Array.from({ length: PARTITIONS }, (_, n) => partitionName(getTableName(customers), n))],
    );
    const name = largest[0]?.name ?? '';
    const { rows } = await client.query<{ merchantId: MerchantId }>(
      `select distinct ${merchantColumn} as "merchantId" from ${name} order by 1`,
    );
    return { name, merchantsOfPartition: rows.map(({ merchantId }) => merchantId) };
  });
  const otherMerchant = all.find((each) => !merchantsOfPartition.includes(each)) as MerchantId;
  const merchant = await deleteFrom(one, [otherMerchant]);
  const partition = await deleteFrom(one, merchantsOfPartition);
  const dropSeconds = await withClient(parts.ownerUrl, (client) =>
    measureSeconds(() => client.query(`drop table ${name}`)),
  );
  return { merchant, partition, dropSeconds };
}

const merchantColumn = customers.merchantId.name;
