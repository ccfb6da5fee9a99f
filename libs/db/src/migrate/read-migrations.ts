import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Migration {
  /** The name of its file without the extension. */
  tag: string;
  /** Its position in the order, and its key in schema_migrations. */
  when: number;
  /** Hash of the whole file, as drizzle's migrator records it. */
  hash: string;
  statements: string[];
  /** `when` of the newest migration of the oldest build that may still run once this one is applied. */
  oldestBuild: number;
  /** Functions of this build that it uses in an index or a policy. They are applied before it. */
  functions: string[];
  /** False: each statement runs separately, because PostgreSQL refuses them inside a transaction. */
  transactional: boolean;
}

interface Entry {
  idx: number;
  when: number;
  tag: string;
}

const BREAKPOINT = '--> statement-breakpoint';
const OLDEST_BUILD = /^-- oldest build: (\d{4})$/m;
const NEEDS_FUNCTION = /^-- needs function: (\w+)$/gm;
const NO_TRANSACTION = /^-- no transaction$/m;

/**
 * The statements that are allowed in a migration without a transaction. They wait for other sessions without
 * blocking them, and can be restarted. Any other statement could remain half done after a failure.
 */
const ALONE =
  /^(create (unique )?index concurrently|drop index concurrently if exists|alter table \S+ validate constraint)\s/i;

/**
 * Returns the migrations of a folder in the order of its journal.
 * @throws Error naming the file and the fault in its header or its statements
 */
export function readMigrations(folder: string): Migration[] {
  const { entries } = JSON.parse(readFileSync(join(folder, 'meta/_journal.json'), 'utf8')) as {
    entries: Entry[];
  };
  return entries
    .map((entry) => readMigration(folder, entry, entries))
    .sort((one, other) => one.when - other.when);
}

function readMigration(folder: string, { tag, when }: Entry, entries: readonly Entry[]): Migration {
  const text = readFileSync(join(folder, `${tag}.sql`), 'utf8');
  const transactional = !NO_TRANSACTION.test(text);
  const statements = text.split(BREAKPOINT);
  const wrong = transactional ? undefined : statements.map(withoutComments).find((sql) => !ALONE.test(sql));
  if (wrong !== undefined) {
    throw new Error(
      `${tag}: "-- no transaction" is for CREATE INDEX CONCURRENTLY, DROP INDEX CONCURRENTLY IF EXISTS and VALIDATE ` +
        `CONSTRAINT only; move this statement into another migration: ${wrong.split('\n')[0]}`,
    );
  }
  return {
    tag,
    when,
    hash: createHash('sha256').update(text).digest('hex'),
    statements,
    oldestBuild: oldestBuild({ tag, when }, text, entries),
    functions: [...text.matchAll(NEEDS_FUNCTION)].map(([, name]) => name ?? ''),
    transactional,
  };
}

/**
 * Returns `when` of the oldest build that may still run. Without a header no earlier build is known to work
 * with the migration: safe, but unsuitable for a rolling update.
 */
function oldestBuild({ tag, when }: Omit<Entry, 'idx'>, text: string, entries: readonly Entry[]): number {
  const number = OLDEST_BUILD.exec(text)?.[1];
  if (number === undefined) return when;
  const named = entries.find(({ idx }) => idx === Number(number));
  if (!named || named.when > when) {
    throw new Error(`${tag}: "-- oldest build: ${number}" must name this migration or an earlier one`);
  }
  return named.when;
}

export const withoutComments = (sql: string): string => sql.replaceAll(/^[\t ]*--.*$/gm, '').trim();
