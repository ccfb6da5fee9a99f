import { databaseEnv, inTransaction, readOneSnapshot } from '@core/db';
import { verifyAudit } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { text } from '../cli/option.ts';
import { count } from '../cli/print.ts';
import { showProgress } from '../cli/show-progress.ts';
import { withDatabase } from '../connect/with-database.ts';

/** Unsealed rows older than this need attention: the sealer is down, or a transaction is held open. */
const LATE_SECONDS = 300;

export const verifyAuditLog = defineCommand({
  name: 'audit verify',
  does: 'recompute the seals of the audit log, and say what was tampered with',
  details: `
Reads every audit row. Keep the head that it prints elsewhere, and give it to the next run: whoever owns the database
could otherwise cut off the end of the chain, or make all of it anew. The worker's log holds every head, too. With --from
only what came after that head is read, which is quick: do so daily, and read all of it from time to time.`,
  options: {
    expect: text('<seq>:<hash>', 'a head that was kept: it must still be there'),
    from: text(
      '<seq>:<hash>',
      'the same, and everything up to it was verified before: only what follows is read',
    ),
  },
  env: databaseEnv,
  run: ({ values, env, terminal }) => {
    const expect = readHead('expect', values.expect);
    const from = readHead('from', values.from);
    const show = showProgress(terminal);
    const onSeal = (done: number, all: number) => show(done, all, `${done} of ${all} seals`);
    return withDatabase(
      env,
      async (pool) => {
        const verdict = await inTransaction(pool, async (tx) => {
          await readOneSnapshot(tx);
          return verifyAudit(tx, { expect, from, onSeal });
        });
        const { seals, rows, broken, head, unsealed } = verdict;
        const late = unsealed.oldestSeconds > LATE_SECONDS;
        const age = Math.round(unsealed.oldestSeconds);
        return {
          json: { ...verdict, late },
          lines: [
            `${count(seals, 'seal')} over ${count(rows, 'row')}, ${count(unsealed.rows, 'row')} not sealed yet` +
              (late ? `, the oldest for ${age} s: is a worker running, or a transaction held open?` : ''),
            ...broken.map(
              ({ seq, sealedAt, what }) =>
                `BROKEN seal ${seq}${sealedAt ? ` of ${sealedAt.toISOString()}` : ''}: ${what}`,
            ),
            ...(head ? [`head ${head.seq}:${head.hash}`] : []),
          ],
          failed: broken.length > 0 || late,
        };
      },
      'core_sealer',
    );
  },
});

function readHead(option: string, given: string | undefined) {
  if (given === undefined) return undefined;
  const [, seq, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(given) ?? [];
  if (!seq || !hash)
    throw new UsageError(`--${option}: must read <seq>:<hash>, as \`audit verify\` prints it`);
  return { seq: Number(seq), hash };
}
