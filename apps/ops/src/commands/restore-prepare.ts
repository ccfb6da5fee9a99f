import { inTransaction } from '@core/db';
import { insertKept } from '@core/domain';
import { kafkaEnv } from '@core/events';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { pastTime, texts } from '../cli/option.ts';
import { count } from '../cli/print.ts';
import { withKafka } from '../connect/with-kafka.ts';
import { keysEnv, withKeys } from '../keys/with-keys.ts';
import { eraseAgain } from '../restore/erase-again.ts';
import { readKeptFiles } from '../restore/kept-file.ts';
import { linesOf, planPrepare } from '../restore/prepare-plan.ts';
import { raisePublished } from '../restore/raise-published.ts';
import { rewind } from '../restore/rewind.ts';

export const restorePrepare = defineCommand({
  name: 'restore prepare',
  does: 'prepare a database that was restored from a backup for the apps',
  details: `
Run it as the owner, after the restore and \`migrate\`, before any app starts. It

1. inserts the privacy requests and tombstones of the kept copies (\`restore save\`); a shop redaction waits
   again;
2. erases again the persons who were erased after the backup, according to the kept copies;
3. raises customers above the versions that were published since the backup, and publishes an event for each;
4. rewinds the worker's offsets to the backup: later records are consumed again, erasures included.

The command may be run again. docs/operations.md describes the steps before and after it.`,
  options: {
    'backup-time': pastTime('the time of the restored state, or a little earlier'),
    kept: texts('<path>', 'a file of `restore save` that is younger than the backup'),
    ...ACTING_OPTIONS,
  },
  env: { ...keysEnv, ...kafkaEnv },
  run: async ({ values, env, terminal, signal }) => {
    const backupAt = values['backup-time'];
    if (backupAt === undefined) throw new UsageError('--backup-time: is required: the time of the backup');
    const files = values.kept ?? [];
    const kept = readKeptFiles(files);
    return withKeys(env, ({ pool, keys }) =>
      withKafka(env, async (kafka) => {
        const plan = await planPrepare({ pool, keys, kafka, kept, backupAt, signal });
        const lines = [...(files.length === 0 ? [WITHOUT_COPY] : []), ...linesOf(plan)];
        const json = {
          backup_time: backupAt,
          erased: plan.erased.length,
          published: plan.published.versions.length,
          records: Object.fromEntries(plan.rewinds.map(({ topic, records }) => [topic, Number(records)])),
          cut_off: [
            ...plan.published.truncated,
            ...plan.rewinds.filter(({ truncated }) => truncated).map(({ topic }) => topic),
          ],
        };
        if (!(await confirmAction(values, terminal, lines, 'prepare this database?'))) {
          return { json: { dry_run: true, ...json }, lines: [...lines, DRY_RUN_NOTICE] };
        }
        const actor = actorOf(values.actor);
        const put = await inTransaction(pool, (tx) => insertKept(tx, kept));
        await eraseAgain({ pool, keys, actor }, plan.erased, backupAt);
        const raised = await raisePublished(pool, actor, plan.published.versions, signal);
        if (!raised.done)
          return {
            json,
            lines: ['stopped; run it again: it starts from the beginning, without harm'],
            failed: true,
          };
        await rewind(kafka, plan.rewinds, { note: (text) => terminal.note(text), signal });
        return {
          json: { dry_run: false, ...json, put_back: put, raised: raised.raised, lost: raised.lost },
          lines: [
            ...lines,
            '',
            `inserted ${count(put.requests, 'request')} and ${count(put.tombstones, 'tombstone')}`,
            `erased ${count(plan.erased.length, 'customer')} again`,
            `raised ${count(raised.raised, 'customer')}; published events for ${count(raised.lost, 'lost customer')}`,
            "the worker's offsets are set",
            `next: start only the worker until \`consumer lag\` is 0 and \`privacy list\` shows no shop_redact` +
              `${put.shops > 0 ? ` (${count(put.shops, 'shop')} to redact)` : ''}; then the other apps; then import every shop`,
          ],
        };
      }),
    );
  },
});

const WITHOUT_COPY =
  'warning: no --kept: persons erased after the backup come back, unless gdpr_request.created still contains their requests';
