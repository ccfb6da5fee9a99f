import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeMigrations } from '../src/migrations/squawk.ts';

const dir = mkdtempSync(join(tmpdir(), 'core-squawk-'));
afterAll(() => rmSync(dir, { recursive: true }));

const judge = (sql: string, inTransaction = true) => {
  const file = join(dir, '0099_spec.sql');
  writeFileSync(file, sql);
  return judgeMigrations([file], inTransaction);
};

it.each([
  ['alter table customers add column phone varchar not null', 'adding-required-field'],
  ['create index idx_spec on customers (version)', 'require-concurrent-index-creation'],
  ['alter table customers alter column version type bigint', 'changing-column-type'],
  ['alter table customers alter column metadata set not null', 'adding-not-nullable-field'],
  ['alter table customers add constraint ck_spec check (version > 0)', 'constraint-missing-not-valid'],
  [
    'alter table customers add column phone varchar; create index concurrently idx_spec on customers (version)',
    'ban-concurrent-index-creation-in-transaction',
  ],
  ['alter table customers rename column metadata to more', 'renaming-column'],
  ['create or replace function public.spec( returns int language sql as $$ select 1 $$', 'syntax-error'],
])(
  'refuses %s',
  async (sql, rule) => {
    expect(await judge(`${sql};`)).toContain(rule);
  },
  300_000,
);

it.each([
  ['alter table customers add column phone varchar', true],
  ['create index concurrently idx_spec on customers (version)', false],
  [
    '-- A few rows.\n-- squawk-ignore require-concurrent-index-creation\ncreate index idx_spec on customers (version)',
    true,
  ],
] as const)(
  'accepts %s',
  async (sql, inTransaction) => {
    expect(await judge(`${sql};`, inTransaction)).toBe('');
  },
  300_000,
);
