import { databaseEnv, type Pool } from '@core/db';
import { kafkaEnv, type KafkaClient } from '@core/events';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { mayAct, NOTHING_DONE } from '../cli/may-act.ts';
import { pastTime } from '../cli/option.ts';
import { count } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';
import { withKafka } from '../connect/with-kafka.ts';
import { cutOffWarning } from '../restore/prepare-plan.ts';
import { raisePublished } from '../restore/raise-published.ts';
import { readPublished } from '../restore/read-published.ts';

export const restoreVersions = defineCommand({
  name: 'restore versions',
  does: 'after lost commits: raise customers above their published versions',
  details: `
Commits that a failover has lost may have been published: consumers know versions that the database would use again with
other content. The command reads customer.created and customer.updated since the given time, raises each of these
customers above its highest version there, and publishes an event of origin "replay". A customer whose creation was lost
gets an event too: a consumer that reads it gets NOT_FOUND. The apps may run. \`restore prepare\` includes this step.`,
  options: {
    since: pastTime('events published since then: a little before the failover'),
    ...ACTING_OPTIONS,
  },
  env: { ...databaseEnv, ...kafkaEnv },
  run: async ({ values, env, terminal, signal }) => {
    const { since } = values;
    if (since === undefined) throw new UsageError('--since: must say since when events may have been lost');
    const work = async (pool: Pool, kafka: KafkaClient) => {
      const { versions, cutOff } = await readPublished(kafka, new Date(since), signal);
      const preview = [
        `would lift ${count(versions.length, 'customer')} above what was published of them`,
        ...cutOffWarning(cutOff),
      ];
      if (!(await mayAct(values, terminal, preview, `lift ${count(versions.length, 'customer')}?`))) {
        return {
          json: { dry_run: true, customers: versions.length, cut_off: cutOff },
          lines: [...preview, NOTHING_DONE],
        };
      }
      const { raised, lost, done } = await raisePublished(pool, actorOf(values.actor), versions, signal);
      return {
        json: { dry_run: false, raised, lost, done, cut_off: cutOff },
        lines: [
          `${done ? '' : 'stopped; '}lifted ${count(raised, 'customer')}; told of ${count(lost, 'customer')} that ` +
            'the database does not have',
          ...(done ? [] : ['run it again: it starts from the beginning, without harm']),
          ...cutOffWarning(cutOff),
        ],
        failed: !done,
      };
    };
    return withDatabase(env, (pool) => withKafka(env, (kafka) => work(pool, kafka)), 'core_worker');
  },
});
