import journal from '../migrations/meta/_journal.json' with { type: 'json' };
import { PermanentError } from '@core/runtime';
import type { Reader } from './reader.ts';

/** Identifies the newest migration this build knows: its `when` in the journal, milliseconds. */
export const KNOWN_SCHEMA = Math.max(...journal.entries.map((entry) => entry.when));

export class UnknownSchema extends PermanentError {
  override name = 'UnknownSchema';
}

/**
 * An app serves the schema that it was built for, and newer ones that still support its build: each migration
 * records the oldest build that may still run, so that an update replaces one process after the other. A
 * migration without that record supports no earlier build.
 * @throws UnknownSchema saying which command to run
 */
export async function assertKnownSchema(reader: Reader): Promise<void> {
  const { applied, oldestBuild } = await appliedSchema(reader);
  if (applied < KNOWN_SCHEMA) {
    throw new UnknownSchema(
      'the database lacks migrations of this build; run `npm run ops -- migrate` first',
    );
  }
  if (oldestBuild > KNOWN_SCHEMA) {
    throw new UnknownSchema(
      'the database was migrated by a newer build, beside which this one may not run; start that build instead',
    );
  }
}

const UNDEFINED_TABLE = '42P01';

interface AppliedSchema {
  applied: number;
  /** The oldest build that may run; 0 when no migration came after this build. */
  oldestBuild: number;
}

async function appliedSchema(reader: Reader): Promise<AppliedSchema> {
  try {
    // Read through JSON, because a database that an earlier build has migrated lacks the column.
    const [row] = await reader.query<{ applied: string | null; oldest: string | null }>(
      `select max(created_at) as applied,
              max(coalesce((to_jsonb(m) ->> 'oldest_build')::bigint, created_at)) filter (where created_at > $1) as oldest
         from public.schema_migrations m`,
      [KNOWN_SCHEMA],
    );
    return { applied: Number(row?.applied ?? 0), oldestBuild: Number(row?.oldest ?? 0) };
  } catch (error) {
    if ((error as { code?: string }).code === UNDEFINED_TABLE) return { applied: 0, oldestBuild: 0 };
    throw error;
  }
}
