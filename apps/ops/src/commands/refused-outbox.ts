import { randomUUID } from 'node:crypto';
import { databaseEnv, inTransaction } from '@core/db';
import { readRefused, republishRefused, type RefusedEvent } from '@core/domain';
import { actorOf } from '../cli/actor.ts';
import { ACTING_OPTIONS, defineCommand } from '../cli/command.ts';
import { mayAct, NOTHING_DONE } from '../cli/may-act.ts';
import { flag, integerOr } from '../cli/option.ts';
import { age, count, printable, table } from '../cli/print.ts';
import { withDatabase } from '../connect/with-database.ts';

export const refusedOutbox = defineCommand({
  name: 'outbox refused',
  does: 'list the events that Kafka has refused for good, and publish their customers anew (--republish)',
  details: `
They are kept until somebody acts: find out first why Kafka refused them, and who appended them. With --republish a new
event of each customer is appended, with its current version, as by \`outbox replay\`, and the refused one is removed; so is
one of a customer that is not there, of whom there is nothing to publish. That needs the owner of the database.`,
  options: {
    republish: flag('append a new event of each customer, and remove the refused ones'),
    limit: integerOr(100, 'at most so many, the oldest first', { min: 1, max: 1_000 }),
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
        const what = `publish anew for ${count(events.length, 'refused event')}`;
        if (!(await mayAct(values, terminal, [...preview, `would ${what}`], `${what}?`))) {
          return { json: { dry_run: true, events }, lines: [...preview, `would ${what}`, NOTHING_DONE] };
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
        ['refused', 'event', 'merchant', 'customer', 'version', 'answer of Kafka'],
        events.map((event) => [
          `${age((Date.now() - event.refused_at.getTime()) / 1_000)} ago`,
          event.event_id,
          event.merchant_id,
          event.has_customer ? event.customer_id : `${event.customer_id} (unknown)`,
          event.version,
          printable(event.error),
        ]),
      );
