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
  does: 'recompute the seals of the audit log, and report tampering',
  details: `
Reads every audit row. Store the printed head outside of the database, and pass it to the next run: otherwise
the owner of the database could cut off the end of the chain, or rebuild the whole chain. The worker's log
contains every head, too. With --from only the rows after that head are read, which is quick: do so daily, and
verify the whole log from time to time.`,
  options: {
    expect: text('<seq>:<hash>', 'a head of an earlier run, which must still exist'),
    from: text(
      '<seq>:<hash>',
      'as --expect, for a head up to which all rows were verified before: only later rows are read',
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
  if (!seq || !hash) throw new UsageError(`--${option}: must be <seq>:<hash>, as \`audit verify\` prints it`);
  return { seq: Number(seq), hash };
}
