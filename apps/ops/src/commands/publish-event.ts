import { randomUUID } from 'node:crypto';
import { customerTopic, deadLetterTopic, Topic } from '@core/contracts';
import { databaseEnv, inTransaction } from '@core/db';
import { recordPublishedEvent } from '@core/domain';
import { kafkaEnv } from '@core/events';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { UsageError } from '../cli/errors.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { text } from '../cli/option.ts';
import { withDatabase } from '../connect/with-database.ts';
import { assertTopicExists, withKafka } from '../connect/with-kafka.ts';
import { findProblem } from '../events/check-record.ts';
import { buildRecord, RECORD_OPTIONS } from '../events/make-record.ts';
import { recordLines } from '../events/record-lines.ts';

/**
 * Only the worker writes these topics and the dead letters: a change event must come from a committed change.
 */
const OUTBOUND: readonly string[] = [customerTopic(1), customerTopic(2)];

export const publishEvent = defineCommand({
  name: 'events publish',
  does: 'send a record by hand to a topic that the worker reads',
  details: `
For rfm.updated and gdpr_request.created; docs/events.md has examples of both. The dry run reports what the
worker would refuse. --yes sends the record even then; \`dlq show\` shows the resulting dead letter. The audit
log of the merchant in the body records who sent it.`,
  options: {
    topic: { ...text('<topic>', 'the topic; the flag name may be omitted'), bare: true },
    ...RECORD_OPTIONS,
    ...ACTING_OPTIONS,
  },
  env: { ...databaseEnv, ...kafkaEnv },
  run: async ({ values, env, terminal }) => {
    const topic = writable(values.topic);
    const made = await buildRecord(topic, values);
    const problem = findProblem(made.record);
    const warning = problem ? [`problem  ${problem}`] : [];
    const preview = [`topic    ${topic}`, ...recordLines(made.record), ...warning];
    const json = { topic, event_id: made.eventId, problem: problem ?? null };
    return withDatabase(env, (pool) =>
      withKafka(env, async (kafka, topics) => {
        assertTopicExists(topics, topic);
        if (!(await confirmAction(values, terminal, preview, `send it to ${topic}?`))) {
          return { json: { dry_run: true, ...json }, lines: [...preview, DRY_RUN_NOTICE] };
        }
        const producer = await kafka.producer();
        const actor = { caller: actorOf(values.actor), requestId: randomUUID() };
        await inTransaction(pool, async (tx) => {
          await recordPublishedEvent(tx, actor, { ...made, topic });
          await producer.send([made.record]);
        });
        return {
          json: { dry_run: false, ...json },
          lines: [`sent ${made.eventId} to ${topic}`, ...warning],
        };
      }),
    );
  },
});

/** @throws UsageError */
function writable(topic: string | undefined): string {
  if (!topic) throw new UsageError(`--topic: is required, such as ${Topic.rfmUpdated}`);
  if (OUTBOUND.includes(topic) || topic.endsWith(deadLetterTopic(''))) {
    throw new UsageError(`--topic: only the worker may write to ${topic}`);
  }
  return topic;
}
