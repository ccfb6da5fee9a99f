import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack, type Stack } from '@core/stack';
import { aMerchantId } from '@core/testing';
import { ops } from './support.ts';

let folder: string;
let stack: Stack;
let env: Record<string, string>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'core-kept-'));
  stack = await startStack({ services: 'run', postgres: {} });
  env = { ...stack.envAs('core_owner'), KAFKA_BROKER: 'localhost:1' };
});
afterAll(async () => {
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});
const save = (file: string) => ops(['restore', 'save', '--file', file], env);

it.each<[string, () => string, string]>([
  ['in no folder', () => join(folder, 'nope/x.json'), 'there is no such file or folder'],
  ['in a file', () => join(__filename, 'x.json'), 'a part of its path is not a folder'],
  ['that is a folder', () => folder, 'it is a folder; name a file in it'],
  ['with a long name', () => join(folder, 'x'.repeat(300)), 'its name is too long'],
])('writes no file %s, and leaves no part of it', async (_what, file, why) => {
  expect(await save(file())).toEqual({
    code: 1,
    stdout: '',
    stderr: `--file ${file()}: cannot be written: ${why}\n`,
  });
  expect([readdirSync(folder), existsSync(`${folder}.unfinished`)]).toEqual([[], false]);
});

it('replaces an existing file', async () => {
  const file = join(folder, 'kept.json');
  for (let times = 0; times < 2; times++) expect(await save(file)).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(folder)).toEqual(['kept.json']);
});

const keptFile = (rows: { requests?: unknown[]; tombstones?: unknown[] }): string =>
  JSON.stringify({ format: 'core-kept/1', requests: [], tombstones: [], ...rows });

it.each<[string, string | null, string]>([
  ['does not exist', null, 'cannot be read: there is no such file or folder'],
  ['is not JSON', 'ada@example.com', 'is not a file of `ops restore save`'],
  ['is a list', '[]', 'is not a file of `ops restore save`'],
  ['is null', 'null', 'is not a file of `ops restore save`'],
  ['has an invalid row', keptFile({ requests: ['ada@example.com'] }), 'is not a file of `ops restore save`'],
  [
    'has an invalid merchant id',
    keptFile({ tombstones: [{ merchantId: 'ada@example.com' }] }),
    'merchantId: must be a UUID in every row',
  ],
  [
    'has an invalid customer id',
    keptFile({ requests: [{ merchantId: aMerchantId(), customerId: 'ada@example.com' }] }),
    'customerId: must be a UUID in every row',
  ],
])('refuses a file that %s, without quoting it', async (_what, text, why) => {
  const file = join(folder, 'other.json');
  rmSync(file, { force: true });
  if (text !== null) writeFileSync(file, text);
  expect(await ops(['restore', 'prepare', '--backup-time', '1h', '--kept', file], env)).toEqual({
    code: 1,
    stdout: '',
    stderr: `--kept ${file}: ${why}\n`,
  });
});
