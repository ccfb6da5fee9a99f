import { CursorLost } from '../answers/errors.ts';
import { createGraphqlSource } from './graphql/graphql-source.ts';
import { readCursor, writeCursor, type BulkCursor, type Cursor, type Cursors } from './cursor.ts';

const PAGE = { at: 'eyJsYXN0', pages: 3, lasts: ['b', 'c'], anchor: 'a' };
const BULK = {
  operation: 'gid://shopify/BulkOperation/7',
  line: 2_000,
  byte: 800_000,
  polls: 4,
  failures: 0,
};
const EXPIRES = '2026-12-06T00:00:00.000Z';
const ANSWERS: [string, Record<string, unknown>][] = [['digest', { customersCount: { count: 7 } }]];

/** Each kind in the form stored by builds from before cursors had kinds, and its current form. */
const FORMER: [kind: keyof Cursors, stored: string, cursor: Cursor][] = [
  ['plan', JSON.stringify(ANSWERS), { kind: 'plan', answers: ANSWERS }],
  ['graphql', JSON.stringify(PAGE), { kind: 'graphql', ...PAGE }],
  ['rest', '{"currency":"EUR","page":null}', { kind: 'rest', currency: 'EUR', page: null }],
  ['rest', JSON.stringify({ currency: 'EUR', page: PAGE }), { kind: 'rest', currency: 'EUR', page: PAGE }],
  ['bulk', JSON.stringify({ ...BULK, expires: EXPIRES }), { kind: 'bulk', ...BULK, expires: EXPIRES }],
  [
    'bulk',
    JSON.stringify({ ...BULK, operation: null, failures: 3, pages: JSON.stringify(PAGE) }),
    { kind: 'bulk', ...BULK, operation: null, failures: 3, pages: { kind: 'graphql', ...PAGE } },
  ],
  ['bulk', JSON.stringify({ ...BULK, pages: null }), { kind: 'bulk', ...BULK, pages: null }],
  ['verify', '1234', { kind: 'verify', count: 1_234 }],
];

it.each(FORMER)('%s: reads what an earlier build stored: %s', (kind, stored, cursor) =>
  expect(readCursor(kind, stored)).toEqual(cursor),
);

it.each(FORMER)('%s: is unchanged after storing and reading: %s', (kind, _stored, cursor) =>
  expect(readCursor(kind, writeCursor(cursor))).toEqual(cursor),
);

it.each(FORMER)('%s: is stored in a form that an earlier build can read: %s', (kind, stored, cursor) => {
  const [now, then] = [JSON.parse(writeCursor(cursor)), JSON.parse(stored)] as [unknown, unknown];
  // An earlier build reads the fields that it knows, iterates over a list, and has SQL cast a number.
  if (kind === 'plan' || kind === 'verify') return expect(now).toEqual(then);
  const { pages, ...fields } = then as { pages?: unknown };
  expect(now).toMatchObject(fields);
  if (typeof pages !== 'string') return expect((now as { pages?: unknown }).pages).toEqual(pages);
  expect(JSON.parse((now as { pages: string }).pages)).toMatchObject(JSON.parse(pages) as object);
});

describe('a cursor of another kind', () => {
  const others = FORMER.flatMap(([kind, stored, cursor]) =>
    (['plan', 'graphql', 'rest', 'bulk', 'verify'] as const)
      .filter((other) => other !== kind)
      .flatMap((other) => [[other, stored] as const, [other, writeCursor(cursor)] as const]),
  );
  it.each(others)('is refused for %s: %s', (kind, stored) =>
    expect(() => readCursor(kind, stored)).toThrow(CursorLost),
  );

  it.each(['', 'x', '{', 'null', '{}', '"text"', '[1'])(
    'is refused when it is %j, except for a plan',
    (stored) => {
      for (const kind of ['graphql', 'rest', 'bulk', 'verify'] as const)
        expect(() => readCursor(kind, stored)).toThrow(CursorLost);
    },
  );

  it('is recognized by its kind, regardless of its fields', () =>
    expect(() => readCursor('graphql', JSON.stringify({ ...PAGE, kind: 'bulk' }))).toThrow(CursorLost));

  it('is refused by the compiler', () => {
    const open = createGraphqlSource();
    const wrong = (cursor: BulkCursor, reading: Parameters<typeof open>[0]) =>
      // @ts-expect-error a bulk cursor is not a cursor of GraphQL pages
      open(reading).next(cursor);
    expect(wrong).toBeInstanceOf(Function);
  });
});

it('returns null for a slice that starts', () => expect(readCursor('bulk', null)).toBeNull());
