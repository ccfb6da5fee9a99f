import type { Pool } from 'pg';
import { copyRows } from './copy-rows.ts';

/** What must not be there, by a name for reports: the value itself is a person's. */
export type Canaries = Readonly<Record<string, string | Buffer>>;

export interface CanaryFound {
  table: string;
  /** Name of the canary. */
  canary: string;
  /** Rows that hold it. */
  rows: number;
}

/** PostgreSQL's own: a table of a schema that nobody thought of is searched, too. */
const NOT_OURS = ['pg_catalog', 'information_schema'];

/**
 * Looks for canaries in the COPY of every table of a database. Bytes are looked for by their hex digits, as COPY writes
 * them. Partitions are tables of their own, and their parents are not searched twice.
 * @param pool of a role that may read everything, of the primary or of a replica
 */
export async function searchTables(pool: Pool, canaries: Canaries): Promise<CanaryFound[]> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', t.table_schema, t.table_name) as name
       from information_schema.tables t
       join pg_class c on c.oid = format('%I.%I', t.table_schema, t.table_name)::regclass
      where t.table_type = 'BASE TABLE' and t.table_schema <> all($1) and c.relkind = 'r'
      order by 1`,
    [NOT_OURS],
  );
  if (tables.length === 0) throw new Error('there is no table to search');
  const wanted = Object.entries(canaries).map(([canary, value]) => ({
    canary,
    bytes: asCopied(canary, value),
  }));
  const found: CanaryFound[] = [];
  const client = await pool.connect();
  try {
    for (const { name: table } of tables) {
      const hits = new Map<string, number>();
      await copyRows(client, table, (row) => {
        for (const { canary, bytes } of wanted) {
          if (row.includes(bytes)) hits.set(canary, (hits.get(canary) ?? 0) + 1);
        }
      });
      for (const [canary, rows] of hits) found.push({ table, canary, rows });
    }
  } finally {
    client.release();
  }
  return found;
}

function asCopied(canary: string, value: string | Buffer): Buffer {
  const text = typeof value === 'string' ? value : value.toString('hex');
  // COPY and JSON escape these: such a canary would be missed.
  if (text === '' || /["\\\p{Cc}]/u.test(text)) throw new Error(`canary ${canary} cannot be searched for`);
  return Buffer.from(text);
}
