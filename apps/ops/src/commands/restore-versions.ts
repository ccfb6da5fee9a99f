import { databaseEnv, type Pool } from '@core/db';
import { kafkaEnv, type KafkaClient } from '@core/events';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { pastTime } from '../cli/option.ts';
import { count } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';
import { withKafka } from '../connect/with-kafka.ts';
import { truncationWarnings } from '../restore/prepare-plan.ts';
import { raisePublished } from '../restore/raise-published.ts';
import { readPublished } from '../restore/read-published.ts';

export const restoreVersions = defineCommand({
  name: 'restore versions',
  does: 'after lost commits: raise customers above their published versions',
  details: `
Commits that a failover has lost may have been published: consumers know versions that the database would use
again with other content. The command reads customer.created and customer.updated since the given time, raises
each customer in them above its highest published version, and publishes an event of origin "replay". A
customer whose creation was lost gets an event too: a consumer that reads the customer gets NOT_FOUND. The
apps may run. \`restore prepare\` includes this step.`,
  options: {
    since: pastTime('read events published since this time: a little before the failover'),
    ...ACTING_OPTIONS,
  },
  env: { ...databaseEnv, ...kafkaEnv },
  run: async ({ values, env, terminal, signal }) => {
    const { since } = values;
    if (since === undefined)
      throw new UsageError('--since: is required: the time since which events may have been lost');
    const work = async (pool: Pool, kafka: KafkaClient) => {
      const { versions, truncated } = await readPublished(kafka, new Date(since), signal);
      const preview = [
        `would raise ${count(versions.length, 'customer')} above the published versions`,
        ...truncationWarnings(truncated),
      ];
      if (!(await confirmAction(values, terminal, preview, `raise ${count(versions.length, 'customer')}?`))) {
        return {
          json: { dry_run: true, customers: versions.length, cut_off: truncated },
          lines: [...preview, DRY_RUN_NOTICE],
        };
      }
      const { raised, lost, done } = await raisePublished(pool, actorOf(values.actor), versions, signal);
      return {
        json: { dry_run: false, raised, lost, done, cut_off: truncated },
        lines: [
          `${done ? '' : 'stopped; '}raised ${count(raised, 'customer')}; published events for ` +
            `${count(lost, 'customer')} that the database does not contain`,
          ...(done ? [] : ['run it again: it starts from the beginning, without harm']),
          ...truncationWarnings(truncated),
        ],
        failed: !done,
      };
    };
    return withDatabase(env, (pool) => withKafka(env, (kafka) => work(pool, kafka)), 'core_worker');
  },
});
