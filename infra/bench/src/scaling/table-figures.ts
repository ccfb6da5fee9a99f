import { getTableName, sql } from 'drizzle-orm';
import { assign, customers, int, runOn, statement } from '@core/db';
import { withClient } from '@core/testing';
import { countCustomers } from './fill.ts';
import type { ScalingDatabase } from './open-server.ts';

/** The size of the table and its indexes at this number of rows, and the depth of its key index. */
export interface TableFigures {
  rows: number;
  /** Bytes per customer, like `indexes`. */
  table: number;
  indexes: number;
  /** Bytes per customer of each index. */
  byIndex: Record<string, number>;
  depth: IndexDepth;
}

/**
 * The levels of the key index from root to leaf, and the number of rows at which it needs another; NaN:
 * unknown.
 */
export interface IndexDepth {
  levels: number;
  rowsOfLeaf: number;
  childrenOfPage: number;
  nextLevelAt: number;
}

export interface VacuumFigures {
  /** The number of rows that were changed before VACUUM. */
  changed: number;
  seconds: number;
  /** Seconds for each partition; one entry for an unpartitioned table. */
  parts: number[];
}

const TABLE = getTableName(customers);

const SIZES = statement({
  row: {
    table: sql<number>`pg_table_size(${TABLE}::regclass)::float8`,
    indexes: sql<number>`pg_indexes_size(${TABLE}::regclass)::float8`,
  },
  text: (_, row) => sql`select ${row}`,
});
const BY_INDEX = statement({
  row: {
    name: sql<string>`indexrelid::regclass::text`,
    bytes: sql<number>`pg_relation_size(indexrelid)::float8`,
  },
  text: (_, row) => sql`select ${row} from pg_index where indrelid = ${TABLE}::regclass order by 1`,
});

export async function tableFigures(database: ScalingDatabase): Promise<TableFigures> {
  const rows = await countCustomers(database);
  const [size] = await runOn(database.owner, SIZES);
  const each = await runOn(database.owner, BY_INDEX);
  return {
    rows,
    table: (size?.table ?? NaN) / rows,
    indexes: (size?.indexes ?? NaN) / rows,
    byIndex: Object.fromEntries(each.map(({ name, bytes }) => [name, bytes / rows])),
    depth: await readDepth(database, rows),
  };
}

const KEY = 'idx_customers_merchant_id';

/** Reads the depth of the key index with pgstattuple, which requires a superuser. */
const readDepth = ({ adminUrl }: ScalingDatabase, rows: number): Promise<IndexDepth> =>
  withClient(adminUrl, async (admin) => {
    await admin.query('create extension if not exists pgstattuple');
    const { rows: found } = await admin.query<Record<'level' | 'inner' | 'leaf', number>>(
      `select tree_level as level, internal_pages::float8 as inner, leaf_pages::float8 as leaf from pgstatindex($1)`,
      [KEY],
    );
    const { level = NaN, inner = NaN, leaf = NaN } = found[0] ?? {};
    const rowsOfLeaf = rows / leaf;
    // The root is partly filled. If it is the only inner page, the number of children of a full page is
    // unknown.
    const childrenOfPage = inner > 1 ? leaf / (inner - 1) : NaN;
    return {
      levels: level + 1,
      rowsOfLeaf,
      childrenOfPage,
      nextLevelAt: rowsOfLeaf * childrenOfPage ** level,
    };
  });

/** A tenth of the customers gets a new score, as in a day. */
const SHARE = 10;

const CHANGE = statement({
  params: { share: int },
  text: (p) => sql`
    update ${customers} set ${assign(customers, {
      rfmScore: sql`${customers.rfmScore} || jsonb_build_object('as_of', clock_timestamp())`,
    })}
     where abs(hashtext(${customers.id}::text)::bigint) % ${p.share} = 0`,
});

export const vacuumAfterUpdates = ({ ownerUrl }: ScalingDatabase): Promise<VacuumFigures> =>
  withClient(ownerUrl, async (client) => {
    const { rowCount } = await client.query(CHANGE.text, CHANGE.valuesOf({ share: SHARE }));
    const { rows } = await client.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class
        where relkind = 'r' and (oid = $1::regclass or oid in (select inhrelid from pg_inherits where inhparent = $1::regclass))
        order by 1`,
      [TABLE],
    );
    const parts: number[] = [];
    for (const { name } of rows)
      parts.push(await measureSeconds(() => client.query(`vacuum (parallel 0) ${name}`)));
    return { changed: rowCount ?? 0, seconds: parts.reduce((sum, each) => sum + each, 0), parts };
  });

export async function measureSeconds(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1_000;
}
