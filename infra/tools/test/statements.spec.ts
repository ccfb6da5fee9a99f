import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { loadModule } from 'libpg-query';
import * as db from '@core/db';
import '@core/domain';
import '@core/events';
import { checkStatement, type Catalog } from './check-statement.ts';
import { bodyOf, functionBodies } from './function-bodies.ts';

const tables = new Map(
  Object.values<unknown>(db)
    .filter((each): each is PgTable => is(each, PgTable))
    .map((table) => [
      getTableName(table),
      new Set(Object.values(getTableColumns(table)).map(({ name }) => name)),
    ]),
);

let catalog: Catalog;
beforeAll(async () => {
  await loadModule();
  const crossing = functionBodies().flatMap(({ name, crosses, ofOne }) =>
    crosses && !ofOne ? [[name, crosses] as const] : [],
  );
  catalog = { tables, crossingFunctions: new Map(crossing) };
  db.compileShapes();
});

it('finds the statements of the service', () => expect(db.statements.length).toBeGreaterThan(750));

it('every statement restricts its rows to one merchant visibly for PostgreSQL, or declares why it crosses merchants', () => {
  const found = db.statements.flatMap((each) =>
    checkStatement(each, catalog).map((finding) => `${finding}: ${each.text}`),
  );
  expect(found).toEqual([]);
});

it('every database function does so too, with the merchant as an argument', () => {
  const found = functionBodies().flatMap(({ name, crosses, statements }) => {
    const findings = statements.map((text) => checkStatement({ text, crosses }, catalog));
    // The declaration is needed if one statement of the body crosses merchants.
    const isIdle = (finding: string) => finding.endsWith('is not needed');
    const used = findings.some((each) => !each.some(isIdle));
    return findings.flat().flatMap((finding) => (used && isIdle(finding) ? [] : [`${name}: ${finding}`]));
  });
  expect(found).toEqual([]);
});

it('every kind of work that crosses merchants is used, and no other kind is declared', () => {
  const used = new Set<string | undefined>(
    [...db.statements, ...functionBodies()].map(({ crosses }) => crosses),
  );
  used.delete(undefined);
  expect([...used].sort()).toEqual(Object.keys(db.CROSSES_MERCHANTS).sort());
});

const NOT_ONE = 'is not restricted to one merchant';

it.each([
  ['two statements', 'select 1; select 2', '2 statements'],
  ['set_config', `select pg_catalog.set_config('a', 'b', true)`, 'set_config'],
  [
    'a volatile function',
    'update customers set updated_at = clock_timestamp() where merchant_id = $1',
    'clock_',
  ],
  [
    'a volatile function in an upsert',
    'insert into customers (merchant_id) values ($1) on conflict (id) do update set updated_at = clock_timestamp()',
    'clock_timestamp() in an UPDATE of customers',
  ],
  [
    'a volatile function in a CTE',
    'with a as (update customers set id = uuidv7() where merchant_id = $1 returning id) select from a',
    'uuidv7',
  ],
  ['a SELECT by id only', 'select from customers where id = $1', NOT_ONE],
  ['an UPDATE by id only', 'update customers set version = 1 where id = $1', NOT_ONE],
  ['a DELETE by time only', 'delete from webhook_events where received_at < now()', NOT_ONE],
  ['a lock without the merchant', 'select from customers where id = $1 for update', NOT_ONE],
  ['an unrestricted SELECT in a CTE', 'with c as (select id from customers) select from c', NOT_ONE],
  [
    'a CTE whose merchant is restricted outside of it',
    'with c as (select * from customers) select from c where merchant_id = $1',
    NOT_ONE,
  ],
  [
    'a subquery with LIMIT whose merchant is restricted outside of it',
    'select from (select * from customers limit 9) c where c.merchant_id = $1',
    NOT_ONE,
  ],
  ['an unrestricted scalar subquery', 'select (select max(version) from customers)', NOT_ONE],
  [
    'an unrestricted arm of a UNION',
    'select id from customers where merchant_id = $1 union all select id from customers',
    NOT_ONE,
  ],
  [
    'a join whose second table is not restricted',
    'select from customers c join audit_log a on a.customer_id = c.id where c.merchant_id = $1',
    `audit_log as a ${NOT_ONE}`,
  ],
  [
    'the left side of a LEFT JOIN, restricted only in ON',
    'select from customers c left join audit_log a on a.merchant_id = c.merchant_id and c.merchant_id = $1 and a.merchant_id = $1',
    `customers as c ${NOT_ONE}`,
  ],
  [
    'an unrestricted query around a restricted subquery',
    'select from customers c where exists (select from audit_log a where a.merchant_id = c.merchant_id and a.merchant_id = $1)',
    `customers as c ${NOT_ONE}`,
  ],
  ['a merchant in one arm of an OR', 'select from customers where merchant_id = $1 or id = $2', NOT_ONE],
  ['an optional merchant', 'select from customers where $1::uuid is null or merchant_id = $1', NOT_ONE],
  [
    'a merchant inside coalesce',
    'select from customers where merchant_id = coalesce($1, merchant_id)',
    NOT_ONE,
  ],
  [
    'a merchant from a subquery',
    'select from customers where merchant_id in (select $1::uuid from inbox_events)',
    NOT_ONE,
  ],
  ['several merchants', 'select from customers where merchant_id = any($1)', `${NOT_ONE}, but to several`],
  ['a range of merchants', 'select from customers where merchant_id > $1', NOT_ONE],
  [
    'a parameter compared with several columns',
    'select from customers where $1 = any(array[merchant_id, id])',
    NOT_ONE,
  ],
  [
    'pairs of several merchants',
    'select from unnest($1::uuid[], $2::uuid[]) as key (m, id) join customers c on c.merchant_id = key.m and c.id = key.id',
    `${NOT_ONE}, but to several`,
  ],
  [
    'an INSERT without a merchant',
    'insert into customers (external_id) values ($1)',
    'gets its merchant from no parameter',
  ],
  [
    'an INSERT with a computed merchant',
    'insert into customers (merchant_id) values (uuidv7())',
    'gets its merchant from',
  ],
  [
    'an UPDATE that moves a row to another merchant',
    'update customers c set merchant_id = o.id from inbox_events o where c.merchant_id = $1',
    'gets its merchant from',
  ],
  ['a statement of another kind', 'lock table customers', NOT_ONE],
  ['a function that crosses merchants', 'select found from read_scores($1, $2)', 'read_scores() crosses'],
])('refuses %s', (_, text, finding) =>
  expect(checkStatement({ text }, catalog)).toEqual([expect.stringContaining(finding)]),
);

it.each([
  ['a hidden merchant', 'select from customers where merchant_id = (select $1::uuid)'],
  ['a hidden merchant in an array', 'delete from customers where merchant_id = any(array(select $1))'],
])('refuses %s', (_, text) =>
  expect(checkStatement({ text }, catalog)).toEqual([
    expect.stringContaining('hides in'),
    expect.stringContaining(NOT_ONE),
  ]),
);

it('refuses a join of two unrestricted merchant tables, and an INSERT from rows of all merchants', () => {
  const join = 'select from customers c join audit_log a on a.merchant_id = c.merchant_id for update';
  expect(checkStatement({ text: join }, catalog)).toEqual([
    `customers as c ${NOT_ONE}, by a parameter`,
    `audit_log as a ${NOT_ONE}, by a parameter`,
  ]);
  const copy = 'insert into audit_log (merchant_id) select merchant_id from merchant_keys';
  expect(checkStatement({ text: copy }, catalog)).toEqual([
    `merchant_keys ${NOT_ONE}, by a parameter`,
    'a row of audit_log gets its merchant from no parameter',
  ]);
});

it.each([
  'select from customers where merchant_id = $1 and id = $2 for update',
  'select from customers where $1 = merchant_id',
  'select from customers where (merchant_id, id) = ($1, $2)',
  'update customers set version = version + 1, updated_at = now() where merchant_id = $1',
  'select from inbox_events for update skip locked',
  'select (select max(version) from customers where merchant_id = $1)',
  'select from customers c join audit_log a on a.merchant_id = c.merchant_id where c.merchant_id = $1',
  'select from customers c left join audit_log a on a.merchant_id = c.merchant_id where c.merchant_id = $1',
  'delete from customers c using audit_log a where c.merchant_id = $1 and a.merchant_id = c.merchant_id',
  'insert into customers (merchant_id) select m from unnest($1::uuid[]) as given (m)',
  'with c as (insert into customers (merchant_id) values ($1) returning merchant_id) insert into audit_log (merchant_id) select merchant_id from c',
  'with recursive c as (select id from customers where merchant_id = $1 union select n.id from c join customers n on n.merchant_id = $1) select from c',
])('allows %s', (text) => expect(checkStatement({ text }, catalog)).toEqual([]));

it('allows a statement that declares that it crosses merchants, and refuses a needless declaration', () => {
  const all = 'select count(*) from customers';
  expect(checkStatement({ text: all, crosses: 'statistics' }, catalog)).toEqual([]);
  const one = `${all} where merchant_id = $1`;
  expect(checkStatement({ text: one, crosses: 'statistics' }, catalog)).toEqual([
    'crosses: statistics is not needed',
  ]);
});

it('requires each row of a batch to name its merchant', () => {
  const pairs =
    'select from unnest($1::uuid[], $2::uuid[]) as key (m, id) join customers c on c.merchant_id = key.m and c.id = key.id';
  expect(checkStatement({ text: pairs, crosses: 'batches' }, catalog)).toEqual([]);
  const ids = 'select from customers where id = any($1)';
  expect(checkStatement({ text: ids, crosses: 'batches' }, catalog)).toEqual([
    expect.stringContaining(NOT_ONE),
  ]);
});

it.each([
  ['sql', `select id from customers where id = $1`],
  ['plpgsql', `begin return query select id from customers where id = $1; end`],
  ['plpgsql', `begin if exists (select from customers where id = $1) then return; end if; end`],
])('checks the body of a function in %s', (language, body) => {
  const file = `create function f(id uuid) returns setof uuid language ${language} as $$ ${body} $$;`;
  const [text = ''] = bodyOf('f', file).statements;
  expect(checkStatement({ text }, catalog)).toEqual([`customers ${NOT_ONE}, by a parameter`]);
});
