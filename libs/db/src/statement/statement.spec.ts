import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { aCustomerId, aMerchantId } from '@core/testing';
import { customerImportIds, customerImportLogs, customers, parkedEvents } from '../schema/index.ts';
import {
  assign,
  bare,
  build,
  functionCall,
  columns,
  compileShapes,
  insertSelect,
  insertValues,
  json,
  limit,
  many,
  numberedUnnest,
  ONE,
  pickParams,
  perShape,
  relation,
  returning,
  statement,
  statements,
  text,
  unnest,
  withFields,
} from './index.ts';

const A_MERCHANT = aMerchantId();
const A_CUSTOMER = aCustomerId();

const { id, merchantId, externalId, metadata } = customers;
const plain = (of: { text: string }) => of.text.replace(/\s+/g, ' ').trim();

it('accepts the query builder, with named and typed parameters and named fields', () => {
  const find = statement({
    params: { id, merchantId },
    row: { id, externalId },
    text: (p, row) =>
      build
        .select(row)
        .from(customers)
        .where(and(eq(merchantId, p.merchantId), eq(id, p.id), isNull(customers.deletedAt))),
  });
  expect(find.text).toBe(
    'select "id" as "id", "external_id" as "externalId" from "customers" where ("customers"."merchant_id" = $1::uuid ' +
      'and "customers"."id" = $2::uuid and "customers"."deleted_at" is null)',
  );
  // In the order of the text, not of the names.
  expect(find.valuesOf({ id: A_CUSTOMER, merchantId: A_MERCHANT })).toEqual([A_MERCHANT, A_CUSTOMER]);
  const rows = find.rowsOf([{ id: 'an id', externalId: null }]);
  // The compiler infers the row type.
  const known: string | null | undefined = rows[0]?.externalId;
  expect(known).toBeNull();
});

it('numbers a parameter once, however often it is used', () => {
  const twice = statement({
    params: { merchantId, word: text },
    row: { same: sql<boolean>`true` },
    text: (p, row) =>
      sql`select ${row} from ${customers} where ${p.word} = ${p.word} or ${merchantId} = ${p.merchantId}`,
  });
  expect(twice.text).toBe(
    'select true as "same" from "customers" where $1::text = $1::text or "customers"."merchant_id" = $2::uuid',
  );
  expect(twice.valuesOf({ merchantId: A_MERCHANT, word: 'a word' })).toEqual(['a word', A_MERCHANT]);
});

it('writes literals of its source as SQL constants', () => {
  const running = statement({
    params: { merchantId: customerImportLogs.merchantId },
    text: (p) =>
      build
        .delete(customerImportLogs)
        .where(
          and(
            eq(customerImportLogs.merchantId, p.merchantId),
            inArray(customerImportLogs.status, ['running', 'paused']),
            sql`${customerImportLogs.shop} <> ${"it's"}`,
          ),
        ),
  });
  expect(running.text).toContain(`"status" in ('running', 'paused')`);
  expect(running.text).toContain(`<> 'it''s'`);
});

it.each([
  ['an object', { some: 'value' }],
  ['a date', new Date(0)],
  ['bytes', Buffer.from('a')],
])('refuses %s as a constant', (_, value) =>
  expect(() => statement({ text: () => sql`select ${value}` })).toThrow(
    'neither a parameter nor a simple constant',
  ),
);

it('refuses a parameter that its text does not use', () =>
  expect(() => statement({ params: { merchantId, id }, text: (p) => sql`select ${p.id}` })).toThrow(
    'does not use its parameters merchantId',
  ));

it('sends JSON as JSON, arrays of it too, and null as NULL', () => {
  const write = statement({
    params: { one: metadata, all: many(metadata), written: json },
    text: (p) => sql`select ${p.one}, ${p.all}, ${p.written}`,
  });
  expect(write.text).toBe('select $1::jsonb, $2::jsonb[], $3::jsonb');
  expect(write.valuesOf({ one: { list: [1] }, all: [{ a: 1 }, null], written: '{}' })).toEqual([
    '{"list":[1]}',
    ['{"a":1}', null],
    '{}',
  ]);
  expect(write.valuesOf({ one: null, all: [], written: '{}' })[0]).toBeNull();
});

it('returns 64-bit numbers as the schema declares them', () => {
  const read = statement({
    row: { ids: customerImportIds.ids, offset: parkedEvents.recordOffset, page: customerImportIds.page },
    text: (_, row) => sql`select ${row} from ${customerImportIds}, ${parkedEvents}`,
  });
  expect(read.rowsOf([{ ids: ['1', '2'], offset: '9007199254740993', page: 3 }])).toEqual([
    { ids: [1, 2], offset: 9007199254740993n, page: 3 },
  ]);
});

it('returns 64-bit numbers as declared from a relation and from a nested relation', () => {
  const shape = {
    ids: customerImportIds.ids,
    offset: parkedEvents.recordOffset,
    page: customerImportIds.page,
  };
  const kept = relation('kept', shape);
  const again = relation('again', kept);
  const read = statement({
    row: { offset: again.offset, kept: kept.ids, page: kept.page },
    text: (
      _,
      row,
    ) => sql`with ${kept} as (select ${columns(shape)} from ${customerImportIds}, ${parkedEvents}),
      ${again} as (select ${columns(kept)} from ${kept}) select ${row} from ${kept}, ${again}`,
  });
  expect(read.rowsOf([{ offset: '9007199254740993', kept: ['1', '2'], page: 3 }])).toEqual([
    { offset: 9007199254740993n, kept: [1, 2], page: 3 },
  ]);
});

it('accepts a limit parameter in the query builder', () => {
  const some = statement({
    params: { most: limit },
    row: { id },
    text: (p, row) => build.select(row).from(customers).limit(p.most),
  });
  expect(some.text).toMatch(/limit \$1$/);
  expect(some.valuesOf({ most: 7 })).toEqual([7]);
});

it('refers to the fields of relations without a table', () => {
  const upsert = statement({
    params: { merchantId, externalIds: many(externalId), texts: many(json) },
    text(p) {
      const page = unnest('page', { externalId: p.externalIds, metadata: p.texts });
      const row = { id, version: customers.version };
      const written = relation('written', row);
      return returning(
        { one: written.id, version: written.version },
        (fields) => sql`with ${written} as (
          ${insertSelect(customers, { merchantId: p.merchantId, ...page })} from ${page}
          on conflict (${bare(merchantId, externalId)})
          do update set ${assign(customers, { version: sql`${customers.version} + 1` })}
          returning ${columns(row)})
        select ${fields} from ${written}`,
      );
    },
  });
  expect(plain(upsert)).toBe(
    'with "written" as ( insert into "customers" ("merchant_id", "external_id", "metadata") ' +
      'select $1::uuid, "page"."externalId", "page"."metadata" from unnest($2::varchar[], $3::jsonb[]) ' +
      'as "page" ("externalId", "metadata") on conflict ("merchant_id", "external_id") ' +
      'do update set "version" = "customers"."version" + 1 ' +
      'returning "customers"."id" as "id", "customers"."version" as "version") ' +
      'select "written"."id" as "one", "written"."version" as "version" from "written"',
  );
  const version: number | undefined = upsert.rowsOf([{ version: 2 }])[0]?.version;
  expect(version).toBe(2);
});

it('numbers rows, adds fields to them, and supports aliases of tables', () => {
  const c = alias(customers, 'c');
  const read = statement({
    params: { ids: many(id) },
    row: { id: c.id },
    text(p, row) {
      const given = numberedUnnest('given', { id: p.ids });
      const more = withFields(given, { upper: sql<string>`upper(${given.id}::text)` });
      return sql`select ${row} from ${more} join ${customers} as ${c} on ${c.id} = ${more.id}
        where ${more.upper} <> '' order by ${more.nr}`;
    },
  });
  expect(plain(read)).toBe(
    'select "c"."id" as "id" from unnest($1::uuid[]) with ordinality as "given" ("id", "nr") join "customers" as "c" ' +
      'on "c"."id" = "given"."id" where upper("given"."id"::text) <> \'\' order by "given"."nr"',
  );
});

it('compiles once for each set of optional parameters, and sends only those', () => {
  const params = { merchantId, id, externalId };
  const find = perShape(['id', 'externalId'], (used) =>
    statement({
      params: pickParams(params, ['merchantId', ...used]),
      row: { id },
      text: (p, row) =>
        build
          .select(row)
          .from(customers)
          .where(and(eq(merchantId, p.merchantId), ...used.map((name) => eq(customers[name], p[name])))),
    }),
  );
  expect(find(['id'])).toBe(find(['id']));
  expect(find(['externalId', 'id'])).toBe(find(['id', 'externalId']));
  expect(find(['id', 'externalId']).text).toContain(
    '"id" = $2::uuid and "customers"."external_id" = $3::varchar',
  );
  const given = { merchantId: A_MERCHANT, id: A_CUSTOMER, externalId: 'another' };
  expect(find(['externalId']).valuesOf(given)).toEqual([A_MERCHANT, 'another']);

  const before = statements.length;
  compileShapes();
  expect(statements.slice(before).map(plain)).toEqual([
    'select "id" as "id" from "customers" where "customers"."merchant_id" = $1::uuid',
  ]);
});

it('names the columns of a function that returns rows', () => {
  const read = statement({
    params: { word: text },
    row: ONE,
    text(p, row) {
      const found = functionCall(
        'found',
        { merchantId: sql<string>``, n: sql<number>`` },
        sql`find_any(${p.word})`,
      );
      return sql`select ${row} from ${found} where ${found.merchantId} is not null and ${found.n} > 1`;
    },
  });
  expect(read.text).toBe(
    'select 1 as "one" from find_any($1::text) as "found" ("merchantId", "n") ' +
      'where "found"."merchantId" is not null and "found"."n" > 1',
  );
});

it('names only the written columns, so that a column of the next build does not affect this build', () => {
  const insert = statement({
    params: { merchantId, metadata },
    text: (p) => sql`${insertValues(customers, p)} on conflict do nothing`,
  });
  expect(insert.text).toBe(
    'insert into "customers" ("merchant_id", "metadata") values ($1::uuid, $2::jsonb) on conflict do nothing',
  );
  expect(() => insertValues(customers, { noColumn: sql`1` } as never)).toThrow('noColumn');
});

// For the compiler only: each of these lines must be an error.
export const refused = () => {
  const find = statement({
    params: { merchantId, externalId },
    row: { id },
    text: (p, row) => sql`select ${row} where ${p.merchantId} = ${p.externalId}`,
  });
  // @ts-expect-error a number is not a uuid
  find.valuesOf({ merchantId: 7, externalId: null });
  // @ts-expect-error the merchant may not be null
  find.valuesOf({ merchantId: null, externalId: null });
  // @ts-expect-error a parameter is missing
  find.valuesOf({ merchantId: '' });
  // @ts-expect-error the row has no such field
  void find.rowsOf([])[0]?.email;
  // @ts-expect-error there is no such column
  insertValues(customers, { mail: sql`1` });
};
