import { databaseEnv, inTransaction, poolReader } from '@core/db';
import { countReplay, readEndOfReplay } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { OpsError } from '../cli/errors.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { count } from '../cli/print.ts';
import { showProgress } from '../cli/show-progress.ts';
import { withDatabase } from '../connect/with-database.ts';
import { assertCustomers } from '../outbox/assert-customers.ts';
import { driveReplay, type ReplayProgress } from '../outbox/drive-replay.ts';
import { assertSelective, continueCommand, REPLAY_OPTIONS } from '../outbox/replay-options.ts';

export const replayOutbox = defineCommand({
  name: 'outbox replay',
  does: "publish customers' events again, from the database",
  details: `
Appends one event for each customer to the outbox, with its current version and origin "replay". The relay
publishes it after the events that already wait there, so a customer's versions never decrease. The event
names every field as changed. An erased customer gets the same event as at its erasure: a consumer that reads
the customer gets NOT_FOUND.

Customers that change during the replay have an event of that change, and may be left out. The replay waits
while more than 10,000 events wait in the outbox. Ctrl-C stops it and prints the command that continues it.`,
  options: { ...REPLAY_OPTIONS, ...ACTING_OPTIONS },
  env: databaseEnv,
  run: async ({ values, env, terminal, signal }) => {
    assertSelective(values);
    return withDatabase(env, async (pool) => {
      const { merchant: merchantId, customer: customerIds, since, rate } = values;
      await inTransaction(pool, (tx) => assertCustomers(tx, { merchantId, customerIds }));
      const until = await readEndOfReplay(poolReader(pool), { until: values.until });
      const selection = { merchantId, customerIds, since, until };
      const total = await inTransaction(pool, (tx) => countReplay(tx, selection));
      const plan = `${count(total, 'event')} at ${rate}/s, about ${count(Math.ceil(total / rate), 'second')}`;
      const preview = [`would append ${plan}`];
      if (!(await confirmAction(values, terminal, preview, `append ${plan}?`))) {
        return { json: { dry_run: true, events: total, appended: 0 }, lines: [...preview, DRY_RUN_NOTICE] };
      }

      const progress: ReplayProgress = { appended: 0, after: values.after, done: false };
      const continueLine = () => `continue with: ${continueCommand(selection, rate, progress.after)}`;
      const show = showProgress(terminal);
      const drive = {
        pool,
        selection,
        rate,
        actor: actorOf(values.actor),
        signal,
        onProgress: ({ appended }: Readonly<ReplayProgress>, waiting: boolean) =>
          show(appended, total, `${appended} of ${total} events${waiting ? ', waiting for the relay' : ''}`),
      };
      await driveReplay(drive, progress).catch((error: Error) => {
        throw new OpsError(
          `stopped after ${count(progress.appended, 'event')}: ${error.message}\n${continueLine()}`,
        );
      });
      const summary = `appended ${count(progress.appended, 'event')}`;
      return {
        json: {
          dry_run: false,
          events: total,
          appended: progress.appended,
          ...(progress.done ? {} : { continue_with: continueCommand(selection, rate, progress.after) }),
        },
        lines: progress.done ? [summary] : [`stopped; ${summary}`, continueLine()],
        failed: !progress.done,
      };
    });
  },
});
