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
 * The `until` of a replay that begins now: the given time, or now where none is given or it is to come, which would have
 * the replay chase those who write now. By PostgreSQL's clock, which the changes bear.
 */
export async function readEndOfReplay(reader: Reader, input: { until: string | undefined }): Promise<string> {
  const [row] = await reader.run(READ, input);
  if (!row) throw new Error('a statement without FROM gave no row');
  return row.end;
}
