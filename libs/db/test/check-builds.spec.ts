import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { testServices, workspaceRoot } from '@core/testing';
import { usedByBuild, type UsedByBuild } from '../src/index.ts';
import { checkBuilds, readBuilds, type Builds } from './check-builds.ts';

const FOLDER = join(workspaceRoot(), 'libs/db/migrations');
const admin = new Client(testServices().postgres.adminUrl);
beforeAll(() => admin.connect());
afterAll(() => admin.end());

/** Returns the findings about a folder, from a separate database. */
async function check(folder: string, builds: Builds): Promise<string[]> {
  const name = `builds_${randomUUID().replaceAll('-', '')}`;
  await admin.query(`create database ${name} owner core_owner`);
  try {
    const url = Object.assign(new URL(testServices().postgres.url), { pathname: `/${name}` }).href;
    return await checkBuilds(folder, url, builds);
  } finally {
    await admin.query(`drop database if exists ${name} with (force)`);
  }
}

it('finds that no migration removes anything that a build beside it still uses', async () => {
  expect(await check(FOLDER, readBuilds(FOLDER))).toEqual([]);
});

describe('a migration after this build', () => {
  const current = usedByBuild(join(FOLDER, '../functions'));
  let folder: string;
  let number: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'core-builds-'));
    cpSync(FOLDER, folder, { recursive: true });
    number = entries().at(-1)!.idx;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const journal = () => join(folder, 'meta/_journal.json');
  const entries = () =>
    (JSON.parse(readFileSync(journal(), 'utf8')) as { entries: { idx: number; when: number; tag: string }[] })
      .entries;
  const four = (n: number) => String(n).padStart(4, '0');
  /** Adds a migration whose build uses `own`. Builds from `oldest` on may run beside it. */
  function add(sql: string, oldest: number, builds: Builds, own: UsedByBuild = current): Builds {
    const all = entries();
    const idx = all.at(-1)!.idx + 1;
    const tag = `${four(idx)}_spec`;
    writeFileSync(join(folder, `${tag}.sql`), `-- oldest build: ${four(oldest)}\n${sql}`);
    writeFileSync(journal(), JSON.stringify({ entries: [...all, { idx, when: all.at(-1)!.when + 1, tag }] }));
    return { ...builds, [four(idx)]: own };
  }
  const now = (): Builds => ({ ...readBuilds(folder), [four(number)]: current });
  const without = (table: string, column: string): UsedByBuild => ({
    ...current,
    tables: {
      ...current.tables,
      [table]: (current.tables[table] ?? '')
        .split(' ')
        .filter((each) => each !== column)
        .join(' '),
    },
  });
  const withFunction = (
    name: string,
    change: Partial<UsedByBuild['functions'][string]> | undefined,
  ): UsedByBuild => {
    const { [name]: kept, ...others } = current.functions;
    return { ...current, functions: change && kept ? { ...others, [name]: { ...kept, ...change } } : others };
  };

  it.each([
    ['alter table customers drop column source_updated_at', 'removes or renames customers.source_updated_at'],
    [
      'alter table customers rename column source_updated_at to source_changed_at',
      'removes or renames customers.source_updated_at',
    ],
    ['alter table outbox_refused alter column error type text', 'changes the type of outbox_refused.error'],
    [
      'alter table customers add column phone varchar not null',
      'requires a value in customers.phone of inserts into a table',
    ],
    ['revoke insert on parked_events from core_worker', 'revokes INSERT on parked_events.id by core_worker'],
    ['revoke delete on inbox_events from core_worker', 'revokes DELETE on inbox_events by core_worker'],
  ])('is refused: %s', async (sql, fault) => {
    const found = await check(folder, add(sql, number, now()));
    expect(found).toContainEqual(
      `${four(number + 1)}_spec: ${fault}, which the build of ${four(number)} uses`,
    );
  });

  it('is refused when it removes a table', async () => {
    const { outbox_refused: removed, ...tables } = current.tables;
    const builds = add('drop table outbox_refused', number, now(), { ...current, tables });
    expect(await check(folder, builds)).toEqual(
      (removed ?? '')
        .split(' ')
        .map(
          (column) =>
            `${four(number + 1)}_spec: removes or renames outbox_refused.${column}, which the build of ${four(number)} uses`,
        ),
    );
  });

  it('is refused when it removes a column that its own build declares, even without other builds', async () => {
    const drop = 'alter table customers drop column source_updated_at';
    expect(await check(folder, add(drop, number + 1, now()))).toEqual([
      `${four(number + 1)}_spec: removes or renames customers.source_updated_at, which the build of ${four(number + 1)} uses`,
    ]);
  });

  it.each([
    ['it is removed', undefined, 'removes or renames the function read_scores'],
    [
      'its result changes',
      { signature: '(merchant_ids uuid[], customer_ids uuid[]) RETURNS TABLE (rfm_score jsonb)' },
      'changes the parameters or the result of the function read_scores',
    ],
    ['its caller loses it', { roles: ['core_worker'] }, 'revokes the function read_scores from core_api'],
  ])('is refused because of a function: %s', async (_, change, fault) => {
    const found = await check(folder, add('select 1', number, now(), withFunction('read_scores', change)));
    expect(found).toEqual([`${four(number + 1)}_spec: ${fault}, which the build of ${four(number)} uses`]);
  });

  it('may remove a column that the builds beside it no longer use: add, deploy, remove', async () => {
    const used = without('customers', 'source_updated_at');
    const builds = add('select 1', number, now(), used);
    expect(await check(folder, builds)).toEqual([]);
    const drop = 'alter table customers drop column source_updated_at';
    expect(await check(folder, add(drop, number + 1, builds, used))).toEqual([]);
  });

  it('may not remove a column beside an earlier build that uses it', async () => {
    const used = without('customers', 'source_updated_at');
    const builds = add('select 1', number, now(), used);
    const drop = 'alter table customers drop column source_updated_at';
    expect(await check(folder, add(drop, number, builds, used))).toEqual([
      `${four(number + 2)}_spec: removes or renames customers.source_updated_at, which the build of ${four(number)} uses`,
    ]);
  });

  it('may add columns, and may revoke a right that its header names', async () => {
    const sql = `-- No caller defers an event under an id of its choice.
-- revokes: INSERT on parked_events.id by core_worker
alter table customers add column phone varchar, add column loud boolean not null default false;
revoke insert on parked_events from core_worker;
grant insert (consumer, event_id, topic, partition, record_offset, headers, body, merchant_id, customer_id, attempts,
  parked_at, give_up_at) on parked_events to core_worker`;
    expect(await check(folder, add(sql, number, now()))).toEqual([]);
  });

  it('needs a record of its build', async () => {
    add('select 1', number, now());
    expect(await check(folder, now())).toEqual([
      `${four(number + 1)}_spec: meta/_builds.json has no build of it; run npm run generate`,
    ]);
  });
});
