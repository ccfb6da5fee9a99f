import type { Client } from 'pg';
import { formsOf, type Canaries } from './canaries.ts';
import { withClient } from '../database/with-client.ts';
import { copyRows } from './copy-rows.ts';

export interface CanaryFound {
  /** For a partition, its parent table. */
  table: string;
  /** Name of the canary. */
  canary: string;
  /** The number of rows that contain the canary. */
  rows: number;
}

/** PostgreSQL's own schemas. Every other schema is searched, so that an unexpected one is not missed. */
const NOT_OURS = ['pg_catalog', 'information_schema'];

/**
 * Searches the COPY output of every table of a database for canaries, in each of their forms. Partitions are
 * searched as separate tables; their parents are skipped, so that no row is searched twice.
 * @param url of the primary or a replica, with a role that may read everything
 * @param listed the personal data in each table; a table that is not listed fails the search, even without a
 *   hit
 */
export const searchTables = (
  url: string,
  canaries: Canaries,
  listed: Readonly<Record<string, unknown>>,
): Promise<CanaryFound[]> => withClient(url, (client) => search(client, canaries, listed));

async function search(
  client: Client,
  canaries: Canaries,
  listed: Readonly<Record<string, unknown>>,
): Promise<CanaryFound[]> {
  const { rows: tables } = await client.query<{ name: string; root: string; table: string }>(
    `select format('%I.%I', t.table_schema, t.table_name) as name, root.relname as root,
            format('%I.%I', root.relnamespace::regnamespace, root.relname) as table
       from information_schema.tables t
       join pg_class c on c.oid = format('%I.%I', t.table_schema, t.table_name)::regclass
       join pg_class root on root.oid = coalesce(pg_partition_root(c.oid), c.oid)
      where t.table_type = 'BASE TABLE' and t.table_schema <> all($1) and c.relkind = 'r'
      order by 1`,
    [NOT_OURS],
  );
  if (tables.length === 0) throw new Error('there is no table to search');
  const unlisted = tables.filter(({ root }) => !Object.hasOwn(listed, root)).map(({ name }) => name);
  if (unlisted.length > 0) throw new Error(`no entry lists the personal data in ${unlisted.join(', ')}`);
  for (const [canary, value] of Object.entries(canaries)) assertUnescaped(canary, value);
  const wanted = formsOf(canaries);
  const found: CanaryFound[] = [];
  for (const { name, table } of tables) {
    await copyRows(client, name, (row) => {
      const inRow = wanted.filter(({ bytes }) => row.includes(bytes)).map(({ canary }) => canary);
      for (const canary of new Set(inRow)) {
        const known = found.find((each) => each.table === table && each.canary === canary);
        if (known) known.rows++;
        else found.push({ table, canary, rows: 1 });
      }
    });
  }
  return found;
}

/** COPY and JSON escape these characters, so the search would miss such a canary. */
function assertUnescaped(canary: string, value: string | Buffer): void {
  if (typeof value === 'string' && /["\\\p{Cc}]/u.test(value)) {
    throw new Error(
      `canary ${canary} cannot be searched for: it contains a quote, a backslash or a control character`,
    );
  }
}
