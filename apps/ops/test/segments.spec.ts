import { once } from 'node:events';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MerchantId } from '@core/contracts';
import { aMerchantId } from '@core/testing';
import { openOps, ops as runOps, type OpsWorld } from './support.ts';

let stack: OpsWorld;
let folder: string;
beforeAll(async () => {
  stack = await openOps();
  folder = mkdtempSync(join(tmpdir(), 'core-segments-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack.close();
});

const ops = (args: readonly string[], role: Parameters<OpsWorld['envAs']>[0] = 'core_api') =>
  runOps(['segment', 'export', ...args], stack.envAs(role));
const HEAD = 'customer_id,external_id,segment,recency,frequency,monetary,score,as_of,shopify_rfm_group\r\n';

/** Adds customers with scores; `n` starts each external id. */
const add = (merchantId: MerchantId, segment: string, customers: number) =>
  stack.owner.query(
    `insert into customers (merchant_id, external_id, rfm_score, metadata)
     select $1, $2 || n, jsonb_build_object('recency', 5, 'frequency', 4, 'monetary', 3, 'score', '543',
            'segment', $2::text, 'as_of', '2026-01-02T03:04:05Z'), '{"rfm_group": "LOYAL"}'
       from generate_series(1, $3::int) n`,
    [merchantId, segment, customers],
  );

it('writes the customers of a segment, or of all, and replaces an earlier file', async () => {
  const merchantId = aMerchantId();
  await add(merchantId, '=NEW', 2);
  await add(merchantId, 'LOST', 2_345);
  await stack.owner.query('insert into customers (merchant_id) values ($1)', [merchantId]);
  const file = join(folder, 'some.csv');
  writeFileSync(file, 'earlier');
  const args = ['--merchant', merchantId, '--file', file];
  expect(await ops([...args, '--segment', '=NEW'])).toMatchObject({
    code: 0,
    stdout: `${file}: 2 customers\n`,
  });
  const lines = readFileSync(file, 'utf8').split('\r\n');
  expect(lines.map((line) => line.slice(36))).toEqual([
    HEAD.slice(36).trimEnd(),
    ...[1, 2].map((n) => `,'=NEW${n},'=NEW,5,4,3,543,2026-01-02T03:04:05Z,LOYAL`),
    '',
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const { stdout } = await ops([...args, '--json']);
  expect(JSON.parse(stdout)).toEqual({ file, segment: null, customers: 2_347 });
  const all = readFileSync(file, 'utf8').split('\r\n').slice(1, -1);
  expect(new Set(all.map((line) => line.slice(0, 36))).size).toBe(2_347);
  expect(readdirSync(folder)).toEqual(['some.csv']);
});

it('writes only the headings for a segment without customers, names those with some, and refuses an unknown merchant', async () => {
  const merchantId = aMerchantId();
  await add(merchantId, 'NEW', 1);
  await add(merchantId, 'LOST', 2);
  const file = join(folder, 'none.csv');
  const warned = (args: string[]) => ops(['--merchant', merchantId, '--file', file, ...args]);
  expect(await warned(['--segment', 'OTHER'])).toMatchObject({
    code: 0,
    stderr: 'warning: no customer is in the segment OTHER; the segments with customers are LOST, NEW\n',
  });
  expect(await warned(['--segment', 'NEW'])).toMatchObject({ code: 0, stderr: '' });
  await stack.owner.query('update customers set rfm_score = null where merchant_id = $1', [merchantId]);
  for (const [args, warning] of [
    [['--segment', 'NEW'], 'no customer is in the segment NEW; no customer has a score yet'],
    [[], 'no customer has a score yet'],
  ] as const)
    expect(await warned([...args])).toMatchObject({ code: 0, stderr: `warning: ${warning}\n` });
  expect(readFileSync(file, 'utf8')).toBe(HEAD);
  const unknown = aMerchantId();
  expect(await ops(['--merchant', unknown, '--file', file])).toMatchObject({
    code: 1,
    stderr: `--merchant: nothing is stored for merchant ${unknown}\n`,
  });
});

it('leaves no file, keeps an earlier one, and fails when a page cannot be read', async () => {
  const merchantId = aMerchantId();
  await add(merchantId, 'NEW', 1_500);
  const broken = join(folder, 'broken');
  mkdirSync(broken);
  const file = join(broken, 'segment.csv');
  const args = ['--merchant', merchantId, '--segment', 'NEW', '--file', file];
  const { rows } = await stack.owner.query<{ definition: string }>(
    `select pg_get_functiondef('list_segment(uuid, text, uuid, int, int[], int[])'::regprocedure) as definition`,
  );
  const [{ definition }] = rows as [{ definition: string }];
  const failing = definition.replace(
    'c.id > $3',
    `c.id > $3 AND 1 / (CASE WHEN $3 = '${NIL}' THEN 1 ELSE 0 END) = 1`,
  );
  expect(failing).not.toBe(definition);
  try {
    await stack.owner.query(failing);
    for (const earlier of [false, true]) {
      if (earlier) writeFileSync(file, 'earlier');
      const { code, stdout, stderr } = await ops(args);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toBe(
        `the export is incomplete after 1000 customers: division by zero; --file ${file} was not written: run it again\n`,
      );
      expect(readdirSync(broken)).toEqual(earlier ? ['segment.csv'] : []);
      if (earlier) expect(readFileSync(file, 'utf8')).toBe('earlier');
    }
  } finally {
    await stack.owner.query(definition);
  }
  expect(await ops(args)).toMatchObject({ code: 0, stdout: `${file}: 1500 customers\n` });
});

it('names what keeps it from writing the file', async () => {
  const merchantId = aMerchantId();
  await add(merchantId, 'NEW', 1);
  const missing = join(folder, 'no', 'such.csv');
  const link = join(folder, 'link.csv');
  const target = join(folder, 'target.csv');
  const socket = join(folder, 'socket.csv');
  writeFileSync(target, 'earlier');
  symlinkSync(target, link);
  const server = createServer().listen(socket);
  await once(server, 'listening');
  for (const [file, why] of [
    [folder, 'it is a folder; name a file in it'],
    [missing, 'there is no such file or folder'],
    [link, 'it is a symbolic link; name the file that it leads to'],
    [socket, 'it is no regular file; name one, or a new one'],
  ] as const) {
    expect(await ops(['--merchant', merchantId, '--file', file])).toMatchObject({
      code: 1,
      stderr: `--file ${file}: cannot be written: ${why}\n`,
    });
  }
  expect(existsSync(`${folder}.unfinished`)).toBe(false);
  expect([lstatSync(link).isSymbolicLink(), lstatSync(socket).isSocket()]).toEqual([true, true]);
  expect(readFileSync(target, 'utf8')).toBe('earlier');
  server.close();
  const file = join(folder, 'other.csv');
  const { code, stderr } = await ops(
    ['--merchant', merchantId, '--segment', 'NEW', '--file', file],
    'core_worker',
  );
  expect([code, stderr]).toEqual([1, expect.stringContaining('set CORE_DB_USER to core_api')]);
});

const NIL = '00000000-0000-0000-0000-000000000000';
