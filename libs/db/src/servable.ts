import type { Logger } from '@core/runtime';
import { assertQuietLogs } from './keys/quiet-logs.ts';
import { assertKnownSchema } from './schema-version.ts';
import type { Reader } from './transaction.ts';

/**
 * Whether an app may work with this database: it has the schema of this build, and a log that tells nothing.
 * @throws UnknownSchema, LoudLogs
 */
export async function assertServable(
  reader: Reader,
  options: { NODE_ENV: string; log: Pick<Logger, 'warn'> },
): Promise<void> {
  await assertKnownSchema(reader);
  await assertQuietLogs(reader, options);
}
