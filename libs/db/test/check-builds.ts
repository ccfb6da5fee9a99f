import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrateDatabase, readMigrations, type Migration, type UsedByBuild } from '../src/index.ts';

/** Each build's use of the database, by the number of its newest migration. `npm run generate` writes it. */
export type Builds = Record<string, UsedByBuild>;

export const readBuilds = (folder: string): Builds =>
  JSON.parse(readFileSync(join(folder, 'meta/_builds.json'), 'utf8')) as Builds;

interface Column {
  type: string;
  /** Whether an insert that does not name the column fails. */
  required: boolean;
}

interface Catalog {
  /** By `table.column`. */
  columns: Map<string, Column>;
  /** For example `INSERT on customers.email by core_api`. */
  rights: Set<string>;
}

/**
 * Applies the migrations of a folder one after the other. After each it compares the schema with the columns,
 * rights and functions used by the builds that, according to its header, may still run with it.
 * @param url an empty database of core_owner
 * @returns what these builds would lack; empty when they can continue
 */
export async function checkBuilds(folder: string, url: string, builds: Builds): Promise<string[]> {
  const migrations = readMigrations(folder);
  const found: string[] = [];
  const catalogs: Catalog[] = [];
  for (const [index, migration] of migrations.entries()) {
    const catalog = await migrateTo(folder, url, index);
    catalogs.push(catalog);
    const own = builds[numberOf(migration)];
    if (!own) found.push(`${migration.tag}: meta/_builds.json has no build of it; run npm run generate`);
    // Includes its own build, which must keep everything that its schema declares.
    for (const [before, { when }] of migrations.slice(0, index + 1).entries()) {
      const number = numberOf(migrations[before] as Migration);
      const used = builds[number];
      if (when < migration.oldestBuild || !used || !own) continue;
      const missed = [
        ...missing(used, catalogs[before] as Catalog, catalog, revoked(folder, migration)),
        ...required(used, catalog),
        ...changed(used, own),
      ];
      found.push(...missed.map((what) => `${migration.tag}: ${what}, which the build of ${number} uses`));
    }
  }
  return found;
}

const numberOf = ({ tag }: Migration): string => tag.slice(0, 4);

/**
 * Returns the rights that a migration revokes from a role on purpose, with the reason beside them: no record
 * contains the rights that a build uses.
 */
const revoked = (folder: string, { tag }: Migration): Set<string> =>
  new Set(
    [...readFileSync(join(folder, `${tag}.sql`), 'utf8').matchAll(/^-- revokes: (.+)$/gm)].map(
      ([, right]) => right ?? '',
    ),
  );

const columnsOf = ({ tables }: UsedByBuild): string[] =>
  Object.entries(tables).flatMap(([table, columns]) =>
    columns.split(' ').map((column) => `${table}.${column}`),
  );

function missing(used: UsedByBuild, before: Catalog, after: Catalog, revoked: Set<string>): string[] {
  const columns = columnsOf(used);
  const removed = columns.filter((column) => !after.columns.has(column));
  const retyped = columns.filter((column) => {
    const now = after.columns.get(column);
    return now && now.type !== before.columns.get(column)?.type;
  });
  const kept = new Set([...columns, ...Object.keys(used.tables)]);
  for (const column of removed) kept.delete(column);
  const taken = [...before.rights].filter(
    (right) => kept.has(right.split(' ')[2] ?? '') && !after.rights.has(right) && !revoked.has(right),
  );
  return [
    ...removed.map((column) => `removes or renames ${column}`),
    ...retyped.map((column) => `changes the type of ${column}`),
    ...taken.map((right) => `revokes ${right}`),
  ];
}

/** Returns findings about columns that a build does not know, and without which its inserts fail. */
function required(used: UsedByBuild, after: Catalog): string[] {
  const known = new Set(columnsOf(used));
  return [...after.columns]
    .filter(([column, { required }]) => required && !known.has(column))
    .filter(([column]) => (column.split('.')[0] ?? '') in used.tables)
    .map(([column]) => `requires a value in ${column} of inserts into a table`);
}

function changed(used: UsedByBuild, own: UsedByBuild): string[] {
  return Object.entries(used.functions).flatMap(([name, { signature, roles }]) => {
    const now = own.functions[name];
    if (!now) return [`removes or renames the function ${name}`];
    if (now.signature !== signature) return [`changes the parameters or the result of the function ${name}`];
    return roles
      .filter((role) => !now.roles.includes(role))
      .map((role) => `revokes the function ${name} from ${role}`);
  });
}

async function migrateTo(folder: string, url: string, index: number): Promise<Catalog> {
  const dir = mkdtempSync(join(tmpdir(), 'core-builds-'));
  try {
    const copy = join(dir, 'migrations');
    cpSync(folder, copy, { recursive: true });
    // Without function files, those of the newest build: the records contain the calls of earlier ones.
    mkdirSync(join(dir, 'functions'));
    const journal = join(copy, 'meta/_journal.json');
    const { entries } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: { when: number }[] };
    entries.sort((one, other) => one.when - other.when);
    writeFileSync(journal, JSON.stringify({ entries: entries.slice(0, index + 1) }));
    await migrateDatabase(url, copy);
    return await readCatalog(url);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function readCatalog(url: string): Promise<Catalog> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows: columns } = await client.query<{ name: string } & Column>(
      `select c.relname || '.' || a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
              a.attnotnull and not a.atthasdef and a.attidentity = '' as required
         from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`,
    );
    const { rows: rights } = await client.query<{ name: string }>(
      `select privilege_type || ' on ' || table_name || '.' || column_name || ' by ' || grantee as name
         from information_schema.column_privileges where table_schema = 'public' and grantee like 'core\\_%' and grantee <> current_user
       union
       select privilege_type || ' on ' || table_name || ' by ' || grantee
         from information_schema.table_privileges
        where table_schema = 'public' and grantee like 'core\\_%' and grantee <> current_user and privilege_type in ('DELETE', 'TRUNCATE')`,
    );
    return {
      columns: new Map(columns.map(({ name, ...column }) => [name, column])),
      rights: new Set(rights.map(({ name }) => name)),
    };
  } finally {
    await client.end();
  }
}
