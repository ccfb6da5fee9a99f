import { randomUUID } from 'node:crypto';
import { databaseEnv, inTransaction } from '@core/db';
import { resolveDeadLetter } from '@core/domain';
import { kafkaEnv } from '@core/events';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { count } from '../cli/print.ts';
import { DEAD_LETTER_OPTIONS, selectionOf } from '../dead-letters/options.ts';
import { remainingLines, listJson, listLines } from '../dead-letters/present.ts';
import { withDeadLetters } from '../dead-letters/with-dead-letters.ts';

export const dropDeadLetters = defineCommand({
  name: 'dlq drop',
  does: 'mark dead letters as dropped: `dlq list` no longer shows them',
  details: `
Kafka cannot delete a single record: it stays in its topic until the retention ends. \`dlq list --all\` still
shows it, with the operator who dropped it and the time.`,
  options: { ...DEAD_LETTER_OPTIONS, ...ACTING_OPTIONS },
  env: { ...databaseEnv, ...kafkaEnv },
  run: async (call) =>
    withDeadLetters(call, selectionOf(call.values, false), async (found, { pool }) => {
      const { letters } = found;
      const what = count(letters.length, 'record');
      const preview = [...listLines(found), ...(letters.length > 0 ? [`would drop ${what}`] : [])];
      const act =
        letters.length > 0 && (await confirmAction(call.values, call.terminal, preview, `drop ${what}?`));

      const actor = { caller: actorOf(call.values.actor), requestId: randomUUID() };
      const drop = () =>
        inTransaction(pool, async (tx) => {
          let dropped = 0;
          for (const letter of letters)
            if (await resolveDeadLetter(tx, actor, { ...letter, resolution: 'dropped' })) dropped += 1;
          return dropped;
        });
      const dropped = act ? await drop() : 0;
      const acted = [`dropped ${count(dropped, 'record')}`, ...remainingLines(found)];
      return {
        json: { dry_run: !act, dropped, dead_letters: letters.map(listJson) },
        lines: act ? acted : letters.length > 0 ? [...preview, DRY_RUN_NOTICE] : preview,
      };
    }),
});
