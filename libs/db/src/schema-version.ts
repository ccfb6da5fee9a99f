import journal from '../migrations/meta/_journal.json' with { type: 'json' };
import { PermanentError } from '@core/runtime';
import type { Reader } from './transaction.ts';

/** Identifies the newest migration this build knows: its `when` in the journal, milliseconds. */
export const KNOWN_SCHEMA = Math.max(...journal.entries.map((entry) => entry.when));

export class UnknownSchema extends PermanentError {
  override name = 'UnknownSchema';
}

/**
 * An app serves only the schema it was built for.
 * @throws UnknownSchema saying which command to run
 */
export async function assertKnownSchema(reader: Reader): Promise<void> {
  const applied = await appliedSchema(reader);
  if (applied < KNOWN_SCHEMA) {
    throw new UnknownSchema(
      'the database lacks migrations of this build; run `npm run ops -- migrate` first',
    );
  }
  if (applied > KNOWN_SCHEMA) {
    throw new UnknownSchema('the database was migrated by a newer build; start that build instead');
  }
}

const UNDEFINED_TABLE = '42P01';

async function appliedSchema(reader: Reader): Promise<number> {
  try {
    const [row] = await reader.query<{ applied: string | null }>(
      'select max(created_at) as applied from schema_migrations',
    );
    return Number(row?.applied ?? 0);
  } catch (error) {
    if ((error as { code?: string }).code === UNDEFINED_TABLE) return 0;
    throw error;
  }
}
