import { randomUUID } from 'node:crypto';
import { databaseEnv, inTransaction, type Actor, type Pool } from '@core/db';
import { resolveDeadLetter } from '@core/domain';
import { kafkaEnv, type EventProducer, type EventRecord } from '@core/events';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { count } from '../cli/print.ts';
import { positionOf, type DeadLetterView } from '../dead-letters/dead-letter.ts';
import { DEAD_LETTER_OPTIONS, selectionOf } from '../dead-letters/options.ts';
import { failingLines, remainingLines, listJson, listLines } from '../dead-letters/present.ts';
import { redriveRecord } from '../dead-letters/redrive-record.ts';
import { withDeadLetters } from '../dead-letters/with-dead-letters.ts';

export const redriveDeadLetters = defineCommand({
  name: 'dlq redrive',
  does: 'send dead letters back to their source topics, to be processed again',
  details: `
Fix the cause first: a record that fails again becomes a new dead letter. The dry run counts the invalid and
malformed records, which fail again. The event keeps its id, so a consumer that has already applied it does
nothing. A record without its body, or with removed content, is refused: its producer has to send it again.
Running the command twice sends no record twice.`,
  options: { ...DEAD_LETTER_OPTIONS, ...ACTING_OPTIONS },
  env: { ...databaseEnv, ...kafkaEnv },
  run: async (call) =>
    withDeadLetters(call, selectionOf(call.values, false), async (found, { kafka, pool }) => {
      const { values, terminal, signal } = call;
      const { able, refused } = sort(found.letters);
      const refusals = refused.map(({ position, why }) => `refused ${position}: ${why}`);
      const what = count(able.length, 'record');
      const preview = [
        ...listLines(found),
        ...refusals,
        ...(able.length > 0 ? [`would redrive ${what}`] : []),
        ...failingLines(able.map(({ letter }) => letter)),
      ];
      const act = able.length > 0 && (await confirmAction(values, terminal, preview, `redrive ${what}?`));

      const actor = { caller: actorOf(values.actor), requestId: randomUUID() };
      const redriven = act ? await redriveAll(pool, await kafka.producer(), able, actor, signal) : 0;
      const acted = [...refusals, `redrove ${count(redriven, 'record')}`, ...remainingLines(found)];
      return {
        json: { dry_run: !act, redriven, refused, dead_letters: found.letters.map(listJson) },
        lines: act ? acted : able.length > 0 ? [...preview, DRY_RUN_NOTICE] : preview,
        failed: refused.length > 0 && (act || values.yes),
      };
    }),
});

interface Able {
  letter: DeadLetterView;
  record: EventRecord;
}

function sort(letters: readonly DeadLetterView[]) {
  const able: Able[] = [];
  const refused: { position: string; why: string }[] = [];
  for (const letter of letters) {
    const record = redriveRecord(letter);
    if ('refused' in record) refused.push({ position: positionOf(letter), why: record.refused });
    else able.push({ letter, record });
  }
  return { able, refused };
}

/**
 * Redrives the records one by one, the oldest first, so that the records of one customer keep their order.
 * The transaction that marks a record as resolved commits after Kafka has acknowledged the record. If the
 * process dies in between, the record is still listed, and at worst is sent again. Two concurrent redrives
 * wait for each other at the resolution row.
 */
async function redriveAll(
  pool: Pool,
  producer: EventProducer,
  able: readonly Able[],
  actor: Actor,
  signal: AbortSignal,
): Promise<number> {
  let redriven = 0;
  for (const { letter, record } of able) {
    signal.throwIfAborted();
    const done = await inTransaction(pool, async (tx) => {
      if (!(await resolveDeadLetter(tx, actor, { ...letter, resolution: 'redriven' }))) return false;
      await producer.send([record]);
      return true;
    });
    if (done) redriven += 1;
  }
  return redriven;
}
