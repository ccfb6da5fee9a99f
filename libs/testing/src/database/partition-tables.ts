import type { Client } from 'pg';
import { describeTables, type TableDescription } from './describe-table.ts';
import { partitionName, PARTITIONS } from './layout.ts';
import { withClient } from './with-client.ts';

/**
 * Tables with a merchant that stay whole, each with its reason; outbox_events is partitioned already, by its own. Those
 * without a merchant (the inbox, seals, shards) are not looked at.
 */
export const WHOLE: Readonly<Record<string, string>> = {
  shop_directory: 'its keys begin with the shop, by which the merchant of a webhook is found',
};

/**
 * PostgreSQL 18.4 loses rows by pruning while a plan runs: a join with given pairs that locks a row (FOR UPDATE) which
 * somebody else has just changed does not find its new version. update-rfm-scores.spec.ts fails with it. Which partitions
 * the planner can leave out is seen by EXPLAIN, with pruning (libs/db/test/guard).
 */
export const PARTITIONED_SETTINGS = { enable_partition_pruning: 'off' };

/**
 * Recreates every table with a merchant, hash-partitioned by it: a key that lacks the merchant is refused,
 * and a plan shows each part that a statement would have to ask, as in a distributed engine. It reads the
 * catalog, so that a new table needs no second list.
 * @param url of the owner of an empty database with the newest schema
 * @param options.only the tables; all of merchants unless given
 * @throws Error naming a table that cannot be partitioned and has no reason to stay whole
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
    // A foreign key between two of them is described by both.
    const foreignKeys = new Set(tables.flatMap((table) => table.foreignKeys));
    for (const foreignKey of foreignKeys) await client.query(foreignKey);
    await client.query('commit');
  });

function staysWhole({ name, keysWithoutMerchant }: TableDescription): boolean {
  if (keysWithoutMerchant.length === 0) return false;
  if (Object.hasOwn(WHOLE, name)) return true;
  throw new Error(
    `${name} cannot be partitioned by merchant_id, which these keys lack: ${keysWithoutMerchant.join(', ')}; begin them with it, or name the table in WHOLE with the reason`,
  );
}

/** LIKE copies columns with their defaults, identities and storage, and checks. */
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
