/** The compared parts of drizzle-kit's snapshot of a schema. */
export interface Snapshot {
  tables: Record<string, { name: string; columns: Record<string, unknown> }>;
}

/**
 * Finds changes that look like a rename. drizzle-kit prompts for them, and offers to rename or to drop and
 * create. Both break the build that is still running, so such changes are refused before drizzle-kit runs.
 * @returns a message for each table; empty when nothing was renamed
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
    `${names(missing)} was removed from libs/db/src/schema and ${names(added)} was added. A ${what} cannot be renamed or replaced in one ` +
      `step, because the previous build still uses it. First declare the new ${what} next to the old one, write to both, and create the ` +
      'migration with npm run generate -- --migration <intent>. When no code reads the old one any more, remove it from the schema ' +
      'with a separate migration. Drop it from the database in the migration after that.',
  ];
}
