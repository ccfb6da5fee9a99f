/** The parts of drizzle-kit's snapshot of a schema that are compared here. */
export interface Snapshot {
  tables: Record<string, { name: string; columns: Record<string, unknown> }>;
}

/**
 * Finds changes that look like a rename. drizzle-kit asks about them on a terminal and proposes to drop the
 * one and create the other; either answer breaks the build that still runs, so they are refused before
 * drizzle-kit runs.
 * @returns a sentence for each table; empty when nothing was renamed
 */
export function findRenames(before: Snapshot, after: Snapshot): string[] {
  const [old, now] = [before, after].map(({ tables }) => tables) as [Snapshot['tables'], Snapshot['tables']];
  const tables = sentence('', gone(old, now).map(nameOf(old)), gone(now, old).map(nameOf(now)), 'table');
  const columns = Object.keys(old).flatMap((key) => {
    const [mine, theirs] = [old[key]?.columns ?? {}, now[key]?.columns];
    if (!theirs) return [];
    return sentence(`${nameOf(old)(key)}.`, gone(mine, theirs), gone(theirs, mine), 'column');
  });
  return [...tables, ...columns];
}

const gone = (from: object, to: object): string[] => Object.keys(from).filter((key) => !(key in to));
const nameOf = (tables: Snapshot['tables']) => (key: string) => tables[key]?.name ?? key;

function sentence(table: string, missing: string[], added: string[], what: 'column' | 'table'): string[] {
  if (missing.length === 0 || added.length === 0) return [];
  const names = (of: string[]) => of.map((name) => table + name).join(', ');
  return [
    `${names(missing)} is gone from libs/db/src/schema and ${names(added)} is new. No ${what} is renamed or replaced in one ` +
      `step, because the build before still uses it: declare the new ${what} beside the old one, write both, and write the ` +
      'migration with npm run generate -- --migration <intent>; remove the old one from the schema, with a migration of its ' +
      'own, once nothing reads it; drop it from the database in the migration after that',
  ];
}
