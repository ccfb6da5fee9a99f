import { sql } from 'drizzle-orm';
import { instantOf, nullable, returning, statement, type Reader } from '@core/db';
import { rfc3339 } from '../core/index.ts';

const READ = statement({
  params: { until: nullable(instantOf) },
  text(p) {
    return returning(
      { end: rfc3339(sql`least(${p.until}, clock_timestamp())`) },
      (row) => sql`select ${row}`,
    );
  },
});

/**
 * Returns the `until` of a replay that starts now: the given time, or the current time if none is given or it
 * lies in the future. A future time would make the replay chase the current writers. Uses PostgreSQL's clock,
 * as the changes do.
 */
export async function readEndOfReplay(reader: Reader, input: { until: string | undefined }): Promise<string> {
  const [row] = await reader.run(READ, input);
  if (!row) throw new Error('a statement without FROM returned no row');
  return row.end;
}
