import type { Client } from 'pg';
import { describeTables, type TableDescription } from './describe-table.ts';
import { partitionName, PARTITIONS } from './layout.ts';
import { withClient } from './with-client.ts';

/**
 * Tables with a merchant_id that are not partitioned, each with its reason. outbox_events has its own
 * partitions already. Tables without a merchant_id (the inbox, seals, shards) are not considered.
 */
export const UNPARTITIONED: Readonly<Record<string, string>> = {
  shop_directory: 'its keys start with the shop: a webhook looks its merchant up by shop',
};

/**
 * Run-time pruning of PostgreSQL 18.4 loses rows. A join with given pairs locks a row (FOR UPDATE) that
 * another transaction has just changed, and does not find its new version; update-rfm-scores.spec.ts fails
 * with it. The specs in libs/db/test/guard use EXPLAIN with pruning to check which partitions the planner can
 * exclude.
 */
export const PARTITIONED_SETTINGS = { enable_partition_pruning: 'off' };

/**
 * Recreates every table with a merchant_id as a table that is hash-partitioned by it. PostgreSQL then refuses
 * a key without merchant_id, and a query plan shows each partition that a statement reads, as in a
 * distributed engine. The tables come from the catalog, so that a new table needs no second list.
 * @param url of the owner of an empty database with the newest schema
 * @param options.only the tables to partition; by default all with a merchant_id
 * @throws Error naming a table that cannot be partitioned and is not listed in UNPARTITIONED
 */
export const partitionTables = (
  url: string,
  { only, partitions = PARTITIONS }: { only?: readonly string[]; partitions?: number } = {},
): Promise<void> =>
  withClient(url, async (client) => {
    await client.query('begin');
    const tables = (await describeTables(client)).filter(
      (table) => (only?.includes(table.name) ?? true) && !staysWhole(table),
    );
    for (const table of tables) await remake(client, table, partitions);
    for (const { parts } of tables) for (const part of parts) await client.query(part);
    // Both tables of a foreign key describe it: the Set removes the duplicate.
    const foreignKeys = new Set(tables.flatMap((table) => table.foreignKeys));
    for (const foreignKey of foreignKeys) await client.query(foreignKey);
    await client.query('commit');
  });

function staysWhole({ name, keysWithoutMerchant }: TableDescription): boolean {
  if (keysWithoutMerchant.length === 0) return false;
  if (Object.hasOwn(UNPARTITIONED, name)) return true;
  throw new Error(
    `${name} cannot be partitioned by merchant_id, because these keys lack it: ${keysWithoutMerchant.join(', ')}. Start the keys with merchant_id, or add the table to WHOLE with a reason.`,
  );
}

/**
 * Recreates one table. LIKE copies columns with their defaults, identities and storage, and check
 * constraints.
 */
async function remake(
  client: Client,
  { name, storage }: TableDescription,
  partitions: number,
): Promise<void> {
  const plain = client.escapeIdentifier(name);
  const fresh = client.escapeIdentifier(`${name}_fresh`);
  await client.query(
    `create table ${fresh} (like ${plain} including all excluding indexes excluding statistics)
       partition by hash (merchant_id)`,
  );
  await client.query(`drop table ${plain} cascade`);
  await client.query(`alter table ${fresh} rename to ${plain}`);
  const options = storage.length > 0 ? ` with (${storage.join(', ')})` : '';
  for (let remainder = 0; remainder < partitions; remainder++) {
    const partition = client.escapeIdentifier(partitionName(name, remainder));
    await client.query(
      `create table ${partition} partition of ${plain}
         for values with (modulus ${partitions}, remainder ${remainder})${options}`,
    );
  }
}
