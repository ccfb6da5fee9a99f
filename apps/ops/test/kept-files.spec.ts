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
  ['in a file', () => join(__filename, 'x.json'), 'a part of its path is no folder'],
  ['that is a folder', () => folder, 'it is a folder; name a file in it'],
  ['with a long name', () => join(folder, 'x'.repeat(300)), 'its name is too long'],
])('writes no file %s, and nothing of it stays', async (_what, file, why) => {
  expect(await save(file())).toEqual({
    code: 1,
    stdout: '',
    stderr: `--file ${file()}: cannot be written: ${why}\n`,
  });
  expect([readdirSync(folder), existsSync(`${folder}.unfinished`)]).toEqual([[], false]);
});

it('writes one that takes the place of an older one', async () => {
  const file = join(folder, 'kept.json');
  for (let times = 0; times < 2; times++) expect(await save(file)).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(folder)).toEqual(['kept.json']);
});

const keptFile = (rows: { requests?: unknown[]; tombstones?: unknown[] }): string =>
  JSON.stringify({ format: 'core-kept/1', requests: [], tombstones: [], ...rows });

it.each<[string, string | null, string]>([
  ['is not there', null, 'cannot be read: there is no such file or folder'],
  ['is no JSON', 'ada@example.com', 'is no file of `ops restore save`'],
  ['is a list', '[]', 'is no file of `ops restore save`'],
  ['is null', 'null', 'is no file of `ops restore save`'],
  ['has a row that is none', keptFile({ requests: ['ada@example.com'] }), 'is no file of `ops restore save`'],
  [
    'names a merchant by no id',
    keptFile({ tombstones: [{ merchantId: 'ada@example.com' }] }),
    'merchantId: must be a UUID in every row',
  ],
  [
    'names a customer by no id',
    keptFile({ requests: [{ merchantId: aMerchantId(), customerId: 'ada@example.com' }] }),
    'customerId: must be a UUID in every row',
  ],
])('reads no file that %s, and quotes nothing of it', async (_what, text, why) => {
  const file = join(folder, 'other.json');
  rmSync(file, { force: true });
  if (text !== null) writeFileSync(file, text);
  expect(await ops(['restore', 'prepare', '--backup-time', '1h', '--kept', file], env)).toEqual({
    code: 1,
    stdout: '',
    stderr: `--kept ${file}: ${why}\n`,
  });
});
