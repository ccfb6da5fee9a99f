import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { loadModule } from 'libpg-query';
import * as db from '@core/db';
import '@core/domain';
import '@core/events';
import { checkStatement } from './check-statement.ts';

const tables = Object.values<unknown>(db).filter((each): each is PgTable => is(each, PgTable));
const ofMerchants = new Set(
  tables.filter((table) => 'merchantId' in getTableColumns(table)).map(getTableName),
);

/** Findings that stand: a part of the statement, the finding, and its reason. */
const STANDING: [part: string, finding: string, reason: string][] = [
  [
    '"parked_events"."give_up_at" <= now()',
    'locked without',
    'background: events of all merchants are given up',
  ],
  ['"parked_events"."event_id" = $2', 'locked without', 'an operator names the event alone'],
  ['"status" = \'cancelling\'', 'locked without', 'background: runs of all merchants are cancelled'],
  ['with "pending" as materialized', 'locked without', 'background: runs of all merchants are picked up'],
  [
    "in ('cancelled', 'failed', 'incomplete')",
    'locked without',
    'background: runs of all merchants are pruned',
  ],
  ['"webhook_events"."next_attempt_at" <= now()', 'locked without', 'background: webhooks of all merchants'],
  [
    '"webhook_events"."received_at" < now()',
    'locked without',
    'background: webhooks of all merchants are pruned',
  ],
  [
    '"parked_events"."customer_id")) order by',
    'locked without',
    'background: events of all merchants are applied',
  ],
  ['with "free" as materialized', 'locked without', 'background: slices of all merchants are handed out'],
  [
    'order by "customers"."merchant_id" asc, "customers"."id" asc for share',
    'locked without',
    'an operator replays customers of several merchants, each by its pair',
  ],
  [
    'order by "customers"."merchant_id" asc, "customers"."id" asc for update',
    'locked without',
    'an operator raises versions of several merchants, each by its pair',
  ],
  ['as "frequency", count(*)', 'hides in', 'the plan: with the value PostgreSQL reads the table'],
  ['"held"."sealed"', 'hides in', 'the plan: with the value PostgreSQL reads the table'],
  [
    'cross join lateral (select "customers"."id"',
    'hides in',
    'the plan: with the value PostgreSQL reads the table',
  ],
  [
    '"deleted_at" = clock_timestamp()',
    'clock_timestamp()',
    'the time of a deletion is compared with that of later rows',
  ],
  ['"failing_since" = coalesce', 'clock_timestamp()', 'a page fails later than its transaction began'],
  ['"refreshing_until"', 'clock_timestamp()', 'a lease begins later than its transaction'],
  ['connection_of_webhook', 'set_config', 'a webhook names the shop alone; the function says whose it is'],
];

beforeAll(() => loadModule());

it('finds the statements of the service', () => expect(db.statements.length).toBeGreaterThan(250));

it('every statement names its merchant where PostgreSQL can see it', () => {
  const standing = new Set(STANDING);
  const found = db.statements.flatMap(({ text }) =>
    checkStatement(text, ofMerchants).flatMap((finding) => {
      const known = STANDING.find((each) => text.includes(each[0]) && finding.includes(each[1]));
      if (!known) return [`${finding}: ${text}`];
      standing.delete(known);
      return [];
    }),
  );
  expect(found).toEqual([]);
  // A line that no statement needs any more leaves the list.
  expect([...standing]).toEqual([]);
});

it.each([
  ['two statements', 'select 1; select 2', '2 statements'],
  ['set_config', `select pg_catalog.set_config('a', 'b', true)`, 'set_config'],
  ['a hidden merchant', 'select from customers where merchant_id = (select $1::uuid)', 'hides in'],
  [
    'a hidden merchant in an array',
    'delete from customers where merchant_id = any(array(select $1))',
    'hides in',
  ],
  [
    'a volatile function',
    'update customers set updated_at = clock_timestamp() where merchant_id = $1',
    'clock_',
  ],
  [
    'one deep below',
    'with a as (update customers set id = coalesce(id, uuidv7()) returning id) select from a',
    'uuidv7',
  ],
  ['a lock without the merchant', 'select from customers where id = $1 for update', 'locked without'],
  [
    'a merchant that is compared with that of another table alone',
    'select from customers c join audit_log a on a.merchant_id = c.merchant_id for update',
    'locked without',
  ],
  ['one of a join', 'select from given join customers c on c.id = given.id for share of c', 'locked without'],
])('refuses %s', (_, text, finding) =>
  expect(checkStatement(text, ofMerchants)).toEqual([expect.stringContaining(finding)]),
);

it.each([
  'select from customers where merchant_id = $1 and id = $2 for update',
  'update customers set version = version + 1, updated_at = now() where merchant_id = $1',
  'select from inbox_events for update skip locked',
  'select (select max(version) from customers where merchant_id = $1)',
])('allows %s', (text) => expect(checkStatement(text, ofMerchants)).toEqual([]));
