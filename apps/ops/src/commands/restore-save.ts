import { databaseEnv, inTransaction } from '@core/db';
import { readKept } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { pastTime, text } from '../cli/option.ts';
import { count } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';
import { writeKept } from '../restore/kept-file.ts';

export const restoreSave = defineCommand({
  name: 'restore save',
  does: 'copy the data that a restored backup lacks: privacy requests and tombstones',
  details: `
Run it each day, and store the file outside of the database: a backup lacks the later requests and erasures,
and a restore would bring the erased persons back. The file contains ids and keyed hashes, no personal data.
Keep the files as long as the backups, and pass every file that is younger than the backup to
\`restore prepare\`.`,
  options: {
    file: text('<path>', 'the file to write; an existing file is replaced'),
    since: pastTime('include requests and tombstones since this time; default: 35 days ago'),
  },
  env: databaseEnv,
  run: async ({ values: { file, since }, env }) => {
    if (file === undefined) throw new UsageError('--file: is required: the file to write');
    const from = since ?? new Date(Date.now() - 35 * 86_400_000).toISOString();
    const kept = await withDatabase(
      env,
      (pool) => inTransaction(pool, (tx) => readKept(tx, { since: from })),
      'core_owner',
    );
    writeKept(file, kept);
    const [requests, tombstones] = [kept.requests.length, kept.tombstones.length];
    return {
      json: { file, since: from, requests, tombstones },
      lines: [`${file}: ${count(requests, 'privacy request')} and ${count(tombstones, 'tombstone')}`],
    };
  },
});
