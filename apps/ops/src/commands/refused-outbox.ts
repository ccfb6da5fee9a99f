import { randomUUID } from 'node:crypto';
import { databaseEnv, inTransaction } from '@core/db';
import { readRefused, republishRefused, type RefusedEvent } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { confirmAction, DRY_RUN_NOTICE } from '../cli/confirm-action.ts';
import { flag, integerOr } from '../cli/option.ts';
import { age, count, printable, table } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';

export const refusedOutbox = defineCommand({
  name: 'outbox refused',
  does: 'list the events that Kafka refused permanently, and publish their customers again (--republish)',
  details: `
They are kept until an operator acts: first find out why Kafka refused them, and who appended them.
--republish appends a new event with the current version of each customer, as \`outbox replay\` does, and
removes the refused event. It also removes the refused events of customers that do not exist: there is nothing
to publish for them. --republish needs the owner of the database.`,
  options: {
    republish: flag('append a new event for each customer, and remove the refused events'),
    limit: integerOr(100, 'maximum number of events, oldest first', { min: 1, max: 1_000 }),
    ...ACTING_OPTIONS,
  },
  env: databaseEnv,
  run: ({ values, env, terminal }) =>
    withDatabase(
      env,
      async (pool) => {
        const events = await inTransaction(pool, (tx) => readRefused(tx, { most: values.limit }));
        const preview = listLines(events);
        if (events.length === 0 || !values.republish) return { json: { events }, lines: preview };
        const what = `republish the customers of ${count(events.length, 'refused event')}`;
        if (!(await confirmAction(values, terminal, [...preview, `would ${what}`], `${what}?`))) {
          return { json: { dry_run: true, events }, lines: [...preview, `would ${what}`, DRY_RUN_NOTICE] };
        }
        const actor = { caller: actorOf(values.actor), requestId: randomUUID() };
        const { removed, appended } = await inTransaction(pool, (tx) =>
          republishRefused(
            tx,
            actor,
            events.map(({ event_id: id }) => id),
          ),
        );
        return {
          json: { dry_run: false, removed, appended, events },
          lines: [`appended ${count(appended, 'event')}, removed ${count(removed, 'refused event')}`],
        };
      },
      'core_owner',
    ),
});

const listLines = (events: readonly RefusedEvent[]): string[] =>
  events.length === 0
    ? ['Kafka has refused no event']
    : table(
        ['refused', 'event', 'merchant', 'customer', 'version', 'error of Kafka'],
        events.map((event) => [
          `${age((Date.now() - event.refused_at.getTime()) / 1_000)} ago`,
          event.event_id,
          event.merchant_id,
          event.has_customer ? event.customer_id : `${event.customer_id} (unknown)`,
          event.version,
          printable(event.error),
        ]),
      );
