import { randomUUID } from 'node:crypto';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { testServices, waitUntil, workspaceRoot } from '@core/testing';
import { FUNCTION_NAMES, migrateDatabase, readFunctions } from '../src/index.ts';

const DB = join(workspaceRoot(), 'libs/db');
const name = `functions_${randomUUID().replaceAll('-', '')}`;
const url = () => Object.assign(new URL(testServices().postgres.url), { pathname: `/${name}` }).href;
const admin = new Client(testServices().postgres.adminUrl);
let owner: Client;
let dir: string;

beforeAll(async () => {
  await admin.connect();
  await admin.query(`create database ${name} owner core_owner`);
  await migrateDatabase(url(), join(DB, 'migrations'));
  owner = new Client(url());
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.end();
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'core-functions-'));
  for (const folder of ['migrations', 'functions'])
    cpSync(join(DB, folder), join(dir, folder), { recursive: true });
});
afterEach(async () => {
  rmSync(dir, { recursive: true });
  await migrateDatabase(url(), join(DB, 'migrations'));
  await owner.query(`delete from schema_migrations where hash = 'spec'`);
});

const file = (fn: string) => join(dir, 'functions', `${fn}.sql`);
const edit = (fn: string, from: string | RegExp, to: string) =>
  writeFileSync(file(fn), readFileSync(file(fn), 'utf8').replace(from, to));
const reported: string[] = [];
const migrate = () => {
  reported.length = 0;
  return migrateDatabase(url(), join(dir, 'migrations'), {}, { say: (line) => reported.push(line) });
};

/** Returns all that PostgreSQL stores about the functions of a name and the triggers that execute them. */
const definition = async (fn: string) =>
  (
    await owner.query<{ text: string }>(
      `select concat_ws(' ', pg_get_functiondef(p.oid), p.proowner::regrole,
              (select string_agg(a::text, ' ' order by a::text) from unnest(coalesce(p.proacl, acldefault('f', p.proowner))) a),
              (select string_agg(concat(pg_get_triggerdef(t.oid), t.tgenabled), ' ' order by t.tgname) from pg_trigger t
                where t.tgfoid = p.oid)) as text
         from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname = $1`,
      [fn],
    )
  ).rows.map(({ text }) => text);
const appliedAt = async () =>
  new Map(
    (
      await owner.query<{ name: string; at: string }>(
        'select name, applied_at::text as at from schema_functions',
      )
    ).rows.map((row) => [row.name, row.at]),
  );

it('creates exactly the functions and triggers of the files', async () => {
  const { rows } = await owner.query<{ name: string }>(
    `select p.proname as name from pg_proc p
      where p.pronamespace = 'public'::regnamespace
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1`,
  );
  const files = readFunctions(join(DB, 'functions')).map((each) => each.name);
  expect(rows.map((row) => row.name)).toEqual(files);
  expect([...FUNCTION_NAMES]).toEqual(files);
  const { rows: triggers } = await owner.query<{ name: string }>(
    'select tgname as name from pg_trigger where not tgisinternal order by 1',
  );
  const written = readFunctions(join(DB, 'functions')).flatMap(({ text }) =>
    [...text.matchAll(/^CREATE OR REPLACE TRIGGER (\w+)/gm)].map(([, trigger]) => trigger),
  );
  expect(triggers.map((row) => row.name)).toEqual(written.sort());
});

it('leaves the functions unchanged when no file has changed', async () => {
  const before = await appliedAt();
  await migrate();
  expect([await appliedAt(), reported]).toEqual([before, []]);
});

it('applies a changed file once, and no other', async () => {
  const before = await appliedAt();
  appendFileSync(file('read_scores'), '-- changed\n');
  await migrate();
  const after = await appliedAt();
  expect([...after].filter(([fn, at]) => before.get(fn) !== at).map(([fn]) => fn)).toEqual(['read_scores']);
  await migrate();
  expect(await appliedAt()).toEqual(after);
});

it('replaces a body while sessions call it, and the sessions continue', async () => {
  const caller = new Client(url());
  await caller.connect();
  const call = () =>
    caller.query({ name: 'spec', text: `select shop from connection_of_webhook('a.myshopify.com', 7)` });
  try {
    await call();
    edit('connection_of_webhook', 'd.shop = $1 OR d.shop_id = $2', 'd.shop_id = $2');
    await migrate();
    expect((await call()).rows).toEqual([]);
    expect((await definition('connection_of_webhook')).join()).not.toContain('d.shop = $1 OR');
  } finally {
    await caller.end();
  }
});

it.each([
  ['dropped', 'drop function read_scores(uuid[], uuid[])', 'read_scores'],
  ['dropped with its trigger', 'drop function guard_shop_redaction() cascade', 'guard_shop_redaction'],
  [
    'given another body',
    `create or replace function set_updated_at() returns trigger language plpgsql as 'begin return new; end'`,
    'set_updated_at',
  ],
  ['opened to another role', 'grant execute on function list_segment to core_importer', 'list_segment'],
  ['opened to all roles', 'grant execute on function list_segment to public', 'list_segment'],
  ['closed to its caller', 'revoke execute on function read_scores from core_api', 'read_scores'],
  [
    'transferred to the owner of the database',
    'alter function read_scores owner to core_owner',
    'read_scores',
  ],
  [
    'left without its search path',
    'alter function connection_of_shop reset search_path',
    'connection_of_shop',
  ],
  [
    'left without a trigger',
    'drop trigger trg_program_settings_updated_at on program_settings',
    'set_updated_at',
  ],
  [
    'left with a disabled trigger',
    'alter table customers disable trigger trg_customers_updated_at',
    'set_updated_at',
  ],
  [
    'given an additional trigger',
    'create trigger spec before insert on customers for each row execute function set_updated_at()',
    'set_updated_at',
  ],
])('repairs a function that was %s by hand', async (_, change, fn) => {
  const before = await definition(fn);
  await owner.query(change);
  expect(await definition(fn)).not.toEqual(before);
  await migrate();
  expect(await definition(fn)).toEqual(before);
});

it.each([
  ['parameters', 'customer_ids uuid[])', 'customer_ids uuid[], more int)'],
  ['names of its parameters', 'customer_ids uuid[])', 'ids uuid[])'],
  ['result', 'rfm_score jsonb)', 'rfm_score jsonb, version int)'],
])('refuses a file with changed %s, and keeps the function', async (_, from, to) => {
  const before = await definition('read_scores');
  edit('read_scores', from, to);
  edit(
    'read_scores',
    /\(uuid\[\], uuid\[\]\)/g,
    to.includes('more') ? '(uuid[], uuid[], int)' : '(uuid[], uuid[])',
  );
  edit('read_scores', 'c.rfm_score\n', to.includes('version') ? 'c.rfm_score, c.version\n' : 'c.rfm_score\n');
  await expect(migrate()).rejects.toThrow(
    /^function read_scores: .*\. The previous build calls the function as it was\. Give the new function another name/,
  );
  expect(await definition('read_scores')).toEqual(before);
});

it.each([
  ['of another name', (text: string) => text.replaceAll('read_scores', 'read_other')],
  [
    'with two functions',
    (text: string) => `${text}\ncreate function public.second() returns int language sql as 'select 1';`,
  ],
  ['that does not replace', (text: string) => text.replace('CREATE OR REPLACE', 'CREATE')],
])('refuses a file %s', async (_, change) => {
  writeFileSync(file('read_scores'), change(readFileSync(file('read_scores'), 'utf8')));
  await expect(migrate()).rejects.toThrow(
    'functions/read_scores.sql must contain one "CREATE OR REPLACE FUNCTION',
  );
});

it('keeps a function without a file, reports it, and deletes its record once it is dropped', async () => {
  writeFileSync(
    file('spec_late'),
    'CREATE OR REPLACE FUNCTION public.spec_late() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;\n',
  );
  await migrate();
  rmSync(file('spec_late'));
  await migrate();
  expect(reported).toEqual([
    'function spec_late has no file: a later build created it, or a migration should drop it',
  ]);
  expect(await definition('spec_late')).toHaveLength(1);
  await owner.query('drop function spec_late()');
  await migrate();
  expect([reported, (await appliedAt()).has('spec_late')]).toEqual([[], false]);
});

it('leaves the functions of a newer build unchanged', async () => {
  await owner.query(
    `insert into schema_migrations (hash, created_at, oldest_build) select 'spec', max(created_at) + 1, max(created_at)
       from schema_migrations`,
  );
  const before = await appliedAt();
  appendFileSync(file('read_scores'), '-- older\n');
  await migrate();
  expect(await appliedAt()).toEqual(before);
  expect(reported).toEqual([
    'the database has the schema of a newer build; its functions stay as that build created them',
  ]);
});

it('applies a function before a migration that needs it', async () => {
  writeFileSync(
    file('spec_lower'),
    'CREATE OR REPLACE FUNCTION public.spec_lower(word text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT lower(word) $$;\n',
  );
  const journal = join(dir, 'migrations/meta/_journal.json');
  const { entries } = JSON.parse(readFileSync(journal, 'utf8')) as {
    entries: { idx: number; when: number }[];
  };
  const last = entries.at(-1)!;
  const tag = '9999_spec';
  writeFileSync(
    journal,
    JSON.stringify({ entries: [...entries, { idx: last.idx + 1, when: last.when + 1, tag }] }),
  );
  const write = (needs: string) =>
    writeFileSync(
      join(dir, `migrations/${tag}.sql`),
      `-- oldest build: 0000\n-- needs function: ${needs}\ncreate table spec_words (word text);\n` +
        'create index on spec_words (public.spec_lower(word));',
    );
  write('spec_none');
  await expect(migrate()).rejects.toThrow(
    `${tag}: "-- needs function: spec_none" names no file of libs/db/functions`,
  );
  write('spec_lower');
  await migrate();
  expect(await definition('spec_lower')).toHaveLength(1);
  await owner.query(`drop table spec_words; drop function spec_lower(text);
    delete from schema_migrations where created_at = ${last.when + 1}`);
});

it('names the session that blocks a trigger, and continues when it has ended', async () => {
  const writer = new Client({ connectionString: url(), application_name: 'spec writer' });
  await writer.connect();
  try {
    await writer.query('begin');
    await writer.query('update customers set version = version');
    appendFileSync(file('announce_customer_changes'), '-- changed\n');
    const running = migrate();
    await waitUntil(() => reported.length > 0, { what: 'the report of the blocker' });
    expect(reported[0]).toMatch(/^function announce_customer_changes waits for a lock, try 1: .*spec writer/);
    await writer.query('commit');
    await running;
  } finally {
    await writer.end();
  }
});
