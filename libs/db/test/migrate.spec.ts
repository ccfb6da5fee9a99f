import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { testServices, waitUntil, workspaceRoot } from '@core/testing';
import {
  assertKnownSchema,
  migrateDatabase,
  readerOf,
  readMigrations,
  type MigrateOptions,
} from '../src/index.ts';

const FOLDER = join(workspaceRoot(), 'libs/db/migrations');
const name = `migrate_${randomUUID().replaceAll('-', '')}`;
const url = () => Object.assign(new URL(testServices().postgres.url), { pathname: `/${name}` }).href;
const admin = new Client(testServices().postgres.adminUrl);
const opened: Client[] = [];
let owner: Client;
let dir: string;
let folder: string;
let number: number;

async function open(settings = ''): Promise<Client> {
  const client = new Client({ connectionString: url(), application_name: `spec ${settings}`.trim() });
  client.on('error', () => undefined);
  await client.connect();
  opened.push(client);
  return client;
}

beforeAll(async () => {
  await admin.connect();
  await admin.query(`create database ${name} owner core_owner`);
  await migrateDatabase(url(), FOLDER);
  owner = await open();
  dir = mkdtempSync(join(tmpdir(), 'core-migrations-'));
  folder = join(dir, 'migrations');
  cpSync(FOLDER, folder, { recursive: true });
  cpSync(join(FOLDER, '../functions'), join(dir, 'functions'), { recursive: true });
  number = journal().at(-1)!.idx;
});
afterAll(async () => {
  for (const client of opened) await client.end();
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.end();
  rmSync(dir, { recursive: true });
});

interface Entry {
  idx: number;
  when: number;
  tag: string;
}
const journal = (): Entry[] =>
  (JSON.parse(readFileSync(join(folder, 'meta/_journal.json'), 'utf8')) as { entries: Entry[] }).entries;

/** Adds one migration with this text. @returns its tag */
function add(text: string): string {
  const entries = journal();
  const tag = `${String(++number).padStart(4, '0')}_spec`;
  writeFileSync(join(folder, `${tag}.sql`), text);
  write([...entries, { idx: number, when: entries.at(-1)!.when + 1, tag }]);
  return tag;
}
const write = (entries: Entry[]) =>
  writeFileSync(join(folder, 'meta/_journal.json'), JSON.stringify({ entries }));
const forget = (tag: string) => write(journal().filter((entry) => entry.tag !== tag));

const migrate = (options?: MigrateOptions) => migrateDatabase(url(), folder, {}, options);
const applied = async () => (await owner.query('select hash from schema_migrations')).rowCount;

it('records each migration like drizzle, with the oldest build that may still run', async () => {
  const before = await applied();
  add('-- oldest build: 0000\ncreate table spec_plain (a int)');
  await migrate();
  expect(await applied()).toBe(before! + 1);
  const { rows } = await owner.query<{ when: string; oldest: string }>(
    'select created_at as when, oldest_build as oldest from schema_migrations order by created_at desc limit 1',
  );
  expect(Number(rows[0]!.when)).toBe(journal().at(-1)!.when);
  expect(Number(rows[0]!.oldest)).toBe(journal().find(({ idx }) => idx === 0)!.when);
  await migrate();
  expect(await applied()).toBe(before! + 1);
});

it('continues a database of drizzle’s migrator, whose table has one column less', async () => {
  await owner.query('alter table schema_migrations drop column oldest_build');
  const before = await applied();
  add('create table spec_after_drizzle (a int)');
  await migrate();
  expect(await applied()).toBe(before! + 1);
});

it('keeps the migrations before one that fails, and rolls that one back', async () => {
  add('create table spec_kept (a int)');
  const bad = add('create table spec_lost (a int)\n--> statement-breakpoint\nselect no_such_column');
  await expect(migrate()).rejects.toThrow(`migration ${bad} failed: column "no_such_column" does not exist`);
  const { rows } = await owner.query(
    `select to_regclass('spec_kept') as kept, to_regclass('spec_lost') as lost`,
  );
  expect(rows).toEqual([{ kept: 'spec_kept', lost: null }]);
  forget(bad);
});

it('names the blocking session, and continues when it has ended', async () => {
  const reader = await open('report');
  await reader.query('begin; select from customers');
  const { rows } = await reader.query<{ pid: number }>('select pg_backend_pid() as pid');
  const tag = add('alter table customers add column spec_waited int');
  const reported: string[] = [];
  const running = migrate({ say: (line) => reported.push(line) });
  await waitUntil(() => reported.length > 1, { what: 'the report of the blocker' });
  expect(reported[0]).toMatch(
    new RegExp(
      `^${tag} waits for a lock, try 1: .*pid ${rows[0]!.pid} \\(core_owner, spec report, idle in transaction`,
    ),
  );
  // No other session waits behind it for longer than one try.
  await owner.query(`set statement_timeout = '30s'`);
  for (let n = 0; n < 5; n++) await owner.query('select from customers limit 1');
  await reader.query('commit');
  await running;
  expect((await owner.query('select spec_waited from customers')).rowCount).toBe(0);
});

it('gives up after its limit, naming the blocking session and what to do', async () => {
  const reader = await open('night');
  await reader.query('begin; select from customers');
  const tag = add('alter table customers add column spec_gave_up int');
  await expect(migrate({ limitMs: 500, lockWaitMs: 200 })).rejects.toThrow(
    new RegExp(`^${tag} did not get its lock .*core_owner, spec night.*pg_terminate_backend.*migrate again`),
  );
  await reader.query('commit');
  await migrate();
});

describe('without a transaction', () => {
  it('builds an index, and drops the invalid one that an interrupted run left', async () => {
    await owner.query('create table spec_indexed (a int); insert into spec_indexed values (1), (1)');
    const unique = add(
      '-- no transaction\ncreate unique index concurrently spec_index on spec_indexed using btree (a)',
    );
    await expect(migrate()).rejects.toThrow('could not create unique index');
    const valid = async () =>
      (await owner.query(`select indisvalid from pg_index where indexrelid = to_regclass('spec_index')`))
        .rows;
    expect(await valid()).toEqual([{ indisvalid: false }]);
    await owner.query('truncate spec_indexed');
    const reported: string[] = [];
    await migrate({ say: (line) => reported.push(line) });
    expect([await valid(), reported.join()]).toEqual([
      [{ indisvalid: true }],
      `${unique} drops spec_index, which an earlier run left unfinished`,
    ]);
  });

  it('accepts a valid index as built: an earlier run ended before it could record it', async () => {
    await owner.query('create index spec_whole on spec_indexed (a)');
    add(
      '-- no transaction\n-- a comment\ncreate index concurrently spec_whole on spec_indexed using btree (a)',
    );
    const before = await applied();
    await migrate();
    expect(await applied()).toBe(before! + 1);
  });

  it('does not wait for another migrator that waits for it', async () => {
    add('-- no transaction\ncreate index concurrently spec_twice on spec_indexed using btree (a)');
    const holder = await open('older');
    await holder.query('begin isolation level repeatable read; select from spec_indexed');
    const both = Promise.all([migrate(), migrate()]);
    await waitUntil(
      async () =>
        (
          await owner.query(
            `select from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'migrate'`,
          )
        ).rowCount === 1,
      { what: 'the building migrator to wait' },
    );
    await holder.query('commit');
    await both;
  });

  it('also limits its waiting', async () => {
    const tag = add('-- no transaction\ncreate index concurrently spec_late on spec_indexed using btree (a)');
    const holder = await open('older still');
    await holder.query('begin isolation level repeatable read; select from spec_indexed');
    await expect(migrate({ limitMs: 500 })).rejects.toThrow(
      new RegExp(`^${tag} waited for .*spec older still.*migrate again`),
    );
    await holder.query('commit');
    await migrate();
  });

  it.each(['alter table customers add column spec_no int', 'create index spec_no on customers (id)'])(
    'refuses %s',
    async (statement) => {
      const tag = add(`-- no transaction\n${statement}`);
      await expect(migrate()).rejects.toThrow(`${tag}: "-- no transaction" is for CREATE INDEX CONCURRENTLY`);
      forget(tag);
    },
  );
});

it('refuses an oldest build that does not exist', async () => {
  const tag = add('-- oldest build: 9999\nselect 1');
  await expect(migrate()).rejects.toThrow(
    `${tag}: "-- oldest build: 9999" must name this migration or an earlier one`,
  );
  forget(tag);
});

it('gives roles their limits, and keeps those that an operator has set', async () => {
  const limits = async () =>
    (
      await admin.query<{ most: number; settings: string[] }>(
        `select rolconnlimit as most, setconfig as settings from pg_roles r
           left join pg_db_role_setting d on d.setrole = r.oid and d.setdatabase = 0 where rolname = 'core_sealer'`,
      )
    ).rows[0]!;
  const before = await limits();
  await admin.query(
    `alter role core_sealer connection limit 77; alter role core_sealer set lock_timeout = '9s'`,
  );
  await admin.query('alter role core_sealer reset statement_timeout');
  try {
    await migrate();
    const { most, settings } = await limits();
    expect([most, [...settings].sort()]).toEqual([
      77,
      ['idle_in_transaction_session_timeout=30s', 'lock_timeout=9s', 'statement_timeout=30s'],
    ]);
  } finally {
    await admin.query(`alter role core_sealer connection limit ${before.most}`);
    await admin.query(`alter role core_sealer set lock_timeout = '15s'`);
  }
});

it('states in each migration after the baseline which build may still run', () => {
  // No build runs beside the baseline.
  const later = readMigrations(FOLDER).slice(1);
  const silent = later.filter(
    ({ tag }) => !/^-- oldest build: \d{4}$/m.test(readFileSync(join(FOLDER, `${tag}.sql`), 'utf8')),
  );
  expect(silent.map(({ tag }) => tag)).toEqual([]);
});

describe('a schema with another origin', () => {
  const other = `${name}_other`;
  const at = Object.assign(new URL(testServices().postgres.url), { pathname: `/${other}` }).href;
  const refusal =
    'the database has the schema of a build before the first release, and no migration leads from it';
  beforeAll(() => admin.query(`create database ${other} owner core_owner`));
  afterAll(() => admin.query(`drop database if exists ${other} with (force)`));

  it('is refused by migrate and by the apps, and stays unchanged', async () => {
    const client = new Client(at);
    await client.connect();
    try {
      await client.query(
        'create table schema_migrations (id serial primary key, hash text not null, created_at bigint, oldest_build bigint)',
      );
      await client.query(`insert into schema_migrations (hash, created_at) values ('x', 1), ('y', 2)`);
      await expect(migrateDatabase(at, FOLDER)).rejects.toThrow(refusal);
      const { rows } = await client.query(
        `select to_regclass('customers') as customers, to_regclass('schema_functions') as functions, count(*)::int
           from schema_migrations`,
      );
      expect(rows).toEqual([{ customers: null, functions: null, count: 2 }]);
      const reader = readerOf(async (text, values) => (await client.query(text, values)).rows);
      await expect(assertKnownSchema(reader)).rejects.toThrow(refusal);
    } finally {
      await client.end();
    }
  });
});
