import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import { customers } from '@core/db';
import { getTableName } from 'drizzle-orm';

export const PARTITIONS = 16;

const TABLE = getTableName(customers);
export const partitionName = (n: number): string => `${TABLE}_${n}`;

/**
 * A copy of the schema in `dir` in which the customers are hash-partitioned by merchant, and nothing else differs.
 * @returns the folder of its migrations
 */
export function copyPartitionedSchema(dir: string): string {
  for (const folder of ['migrations', 'functions']) {
    cpSync(join(workspaceRoot(), 'libs/db', folder), join(dir, folder), { recursive: true });
  }
  const baseline = join(dir, 'migrations/0000_baseline.sql');
  writeFileSync(baseline, partitionCustomers(readFileSync(baseline, 'utf8')));
  return join(dir, 'migrations');
}

/** @throws Error when the text does not create the table as drizzle-kit writes it */
export function partitionCustomers(text: string): string {
  const begin = text.indexOf(`CREATE TABLE "${TABLE}" (`);
  const end = text.indexOf('\n);\n', begin);
  if (begin < 0 || end < 0) throw new Error(`the baseline does not create ${TABLE}`);
  const partitions = Array.from(
    { length: PARTITIONS },
    (_, n) =>
      `CREATE TABLE ${partitionName(n)} PARTITION OF ${TABLE} FOR VALUES WITH (MODULUS ${PARTITIONS}, REMAINDER ${n});\n`,
  );
  return `${text.slice(0, end)}\n) PARTITION BY HASH (merchant_id);\n${partitions.join('')}${text.slice(end + '\n);\n'.length)}`;
}
