import journal from '../migrations/meta/_journal.json' with { type: 'json' };
import { PermanentError } from '@core/runtime';
import type { Reader } from './reader.ts';
import { FUNCTION_NAMES } from './schema/functions.ts';

/** Identifies the newest migration of this build: its `when` in the journal, in ms. */
export const KNOWN_SCHEMA = Math.max(...journal.entries.map((entry) => entry.when));

/** The first migration: a schema without it has another origin. */
const BASELINE = Math.min(...journal.entries.map((entry) => entry.when));

export class UnknownSchema extends PermanentError {
  override name = 'UnknownSchema';
}

/** The message for a schema from which no migration of this build leads on. */
export const NO_MIGRATION_PATH =
  'the database has the schema of a build before the first release, and no migration leads from it to this one ' +
  '(0000_baseline is missing); migrate an empty database, or start the build that this database belongs to';

/**
 * Checks that the database has a schema that this build may serve: its own, or a newer one that still
 * supports this build. Each migration records the oldest build that may still run, so that an update replaces
 * one process after the other. A migration without that record supports no earlier build. Functions are
 * checked by name only: an existing function keeps its signature, and one whose file has changed serves both
 * builds.
 * @throws UnknownSchema naming the command to run
 */
export async function assertKnownSchema(reader: Reader): Promise<void> {
  const schema = await appliedSchema(reader);
  assertOwn(schema);
  if (schema.applied < KNOWN_SCHEMA) {
    throw new UnknownSchema(
      'the database lacks migrations of this build; run `npm run ops -- migrate` first',
    );
  }
  if (schema.missing.length > 0) {
    throw new UnknownSchema(
      `the database lacks functions of this build (${schema.missing.join(', ')}); run \`npm run ops -- migrate\` first`,
    );
  }
}

/**
 * Checks that `ops migrate` can bring the database to this build's schema.
 * @throws UnknownSchema
 */
export const assertMigratable = async (reader: Reader): Promise<void> =>
  assertOwn(await appliedSchema(reader));

function assertOwn({ applied, baseline, oldestBuild }: AppliedSchema): void {
  if (applied > 0 && !baseline) throw new UnknownSchema(NO_MIGRATION_PATH);
  if (oldestBuild > KNOWN_SCHEMA) {
    throw new UnknownSchema(
      'the database was migrated by a newer build, and this build may not run on its schema; start the newer build instead',
    );
  }
}

const UNDEFINED_TABLE = '42P01';

interface AppliedSchema {
  applied: number;
  baseline: boolean;
  /** The oldest build that may run; 0 when no migration came after this build. */
  oldestBuild: number;
  /** Functions of this build that the database lacks. */
  missing: string[];
}

const NO_SCHEMA: AppliedSchema = { applied: 0, baseline: false, oldestBuild: 0, missing: [] };

async function appliedSchema(reader: Reader): Promise<AppliedSchema> {
  try {
    // Read through JSON, because a database that drizzle's migrator created lacks the column.
    const [row] = await reader.query<{
      applied: string | null;
      baseline: boolean | null;
      oldest: string | null;
      missing: string[];
    }>(
      `select max(created_at) as applied, bool_or(created_at = $2) as baseline,
              max(coalesce((to_jsonb(m) ->> 'oldest_build')::bigint, created_at)) filter (where created_at > $1) as oldest,
              array(select name from unnest($3::text[]) as name where not exists
                (select from pg_proc where proname = name and pronamespace = 'public'::regnamespace)) as missing
         from public.schema_migrations m`,
      [KNOWN_SCHEMA, BASELINE, FUNCTION_NAMES],
    );
    return {
      applied: Number(row?.applied ?? 0),
      baseline: row?.baseline ?? false,
      oldestBuild: Number(row?.oldest ?? 0),
      missing: row?.missing ?? [],
    };
  } catch (error) {
    if ((error as { code?: string }).code === UNDEFINED_TABLE) return NO_SCHEMA;
    throw error;
  }
}
