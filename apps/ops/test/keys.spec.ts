// tag: compliance
import { randomBytes, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { CustomerId, MerchantId } from '@core/contracts';
import { createMerchantKeyStore, parseKeyring, readEmail } from '@core/crypto';
import { inTransaction } from '@core/db';
import { createCustomer, type KeyStatus } from '@core/domain';
import { aMerchantId, testServices } from '@core/testing';
import type { Report } from '../src/cli/command.ts';
import { rotateDeep } from '../src/keys/rotate-deep.ts';
import { openOps, ops, type OpsWorld } from './support.ts';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const [first, second] = [key('first'), key('second')];
const merchantIds = [aMerchantId(), aMerchantId()].sort();
const [ada] = merchantIds as [MerchantId];

let stack: OpsWorld;
let env: Record<string, string>;
beforeAll(async () => {
  stack = await openOps();
  const owner = new URL(testServices().postgres.url);
  env = {
    ...stack.env,
    CORE_DB_USER: owner.username,
    CORE_DB_PASSWORD: decodeURIComponent(owner.password),
    CORE_ENCRYPTION_KEYS: first,
  };
  const keys = createMerchantKeyStore(parseKeyring(first));
  for (const merchantId of merchantIds) {
    for (const name of ['ada', 'ben', 'cyd']) {
      await inTransaction(stack.owner, (tx) =>
        createCustomer(
          tx,
          { caller: 'spec', requestId: 'spec', keys },
          { merchantId, email: `${name}@example.com` },
        ),
      );
    }
  }
});
afterAll(() => stack.close());

const emails = async (keyring: string): Promise<(string | null)[]> => {
  const keys = createMerchantKeyStore(parseKeyring(keyring));
  const { rows } = await stack.owner.query<{ id: CustomerId; merchantId: MerchantId; email: string }>(
    'select id, merchant_id as "merchantId", email from customers order by merchant_id, id',
  );
  return Promise.all(rows.map((row) => inTransaction(stack.owner, (tx) => readEmail(tx, keys, row))));
};
const allEmails = merchantIds.flatMap(() => ['ada@example.com', 'ben@example.com', 'cyd@example.com']);
const status = async (): Promise<KeyStatus> =>
  JSON.parse((await ops(['keys', 'status', '--json'], env)).stdout) as KeyStatus;
const audited = async (action: string) =>
  (
    await stack.owner.query(
      'select merchant_id, actor, detail from audit_log where action = $1 order by merchant_id',
      [action],
    )
  ).rows;

describe('a key of the keyring', () => {
  it('is shown with the number of its merchants', async () => {
    expect(await status()).toEqual({
      keyring: [{ key: 'first', merchants: 2, state: 'current' }],
      generations: [{ generation: 1, merchants: 2 }],
      destroyed: 0,
      rotations: [],
    });
    expect((await ops(['keys', 'status'], env)).stdout).toBe(
      [
        'keyring key  wraps the keys of  state',
        'first        2 merchants        current: wraps new keys',
        '',
        'generation  newest for',
        '         1  2 merchants',
        '',
        'no rotation is in progress\n',
      ].join('\n'),
    );
  });

  it('is shown before it wraps anything, and when CORE_ENCRYPTION_KEYS lacks it', async () => {
    const both = { ...env, CORE_ENCRYPTION_KEYS: `${second},${first}` };
    expect((await ops(['keys', 'status'], both)).stdout).toContain(
      [
        'second       0 merchants        current: wraps new keys',
        'first        2 merchants        earlier: unwraps',
      ].join('\n'),
    );
    const other = { ...env, CORE_ENCRYPTION_KEYS: second };
    expect((await ops(['keys', 'status'], other)).stdout).toMatch(
      /^first +2 merchants +missing in CORE_ENCRYPTION_KEYS: add it$/m,
    );
  });

  it('is not retired while it is needed', async () => {
    const current = await ops(['keys', 'retire', 'first', '--yes'], env);
    expect(current).toMatchObject({ code: 1, stdout: '' });
    expect(current.stderr).toMatch(/^key first is the current one; put another key before it/);
    const both = { ...env, CORE_ENCRYPTION_KEYS: `${second},${first}` };
    expect(await ops(['keys', 'retire', 'first', '--yes'], both)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'key first still wraps the keys of 2 merchants; run keys rotate first\n',
    });
    for (const dryOrNot of [[], ['--yes']]) {
      expect(await ops(['keys', 'retire', 'fisrt', ...dryOrNot], both)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'key fisrt is not in CORE_ENCRYPTION_KEYS, which has second, first\n',
      });
    }
    expect(await audited('keys.retire')).toEqual([]);
  });

  it('is replaced by the next key, and then retired', async () => {
    const both = { ...env, CORE_ENCRYPTION_KEYS: `${second},${first}` };
    expect((await ops(['keys', 'rotate'], both)).stdout).toBe(
      'would wrap the keys of 2 merchants with key second\ndry run: nothing was done; --yes does it\n',
    );
    expect((await status()).keyring).toEqual([{ key: 'first', merchants: 2, state: 'current' }]);
    const done = await ops(['keys', 'rotate', '--yes', '--actor', 'ada'], both);
    expect(done).toEqual({
      code: 0,
      stdout: 'wrapped the keys of 2 merchants with key second, 2 rows\n',
      stderr: '2 rows\n',
    });
    expect((await ops(['keys', 'rotate', '--yes'], both)).stdout).toBe(
      "key second wraps every merchant's keys\n",
    );
    expect(await audited('keys.rewrap')).toEqual(
      merchantIds.map((merchant_id) => ({
        merchant_id,
        actor: 'ops:ada',
        detail: { key: 'second', generations: 1 },
      })),
    );
    expect((await ops(['keys', 'retire', 'first'], both)).stdout).toMatch(
      /^nothing needs key first\ndry run/,
    );
    expect(await ops(['keys', 'retire', 'first', '--yes'], both)).toMatchObject({
      code: 0,
      stdout: 'key first is retired: remove it from CORE_ENCRYPTION_KEYS of every app\n',
    });
    expect(await audited('keys.retire')).toHaveLength(2);
    env = { ...env, CORE_ENCRYPTION_KEYS: second };
    expect(await emails(second)).toEqual(allEmails);
  });
});

it('does nothing while PostgreSQL would write keys into its log', async () => {
  const admin = new Client(testServices().postgres.adminUrl);
  await admin.connect();
  const set = (value: string) =>
    admin.query(`alter database ${env['CORE_DB_NAME']} set log_parameter_max_length = ${value}`);
  await set('-1');
  try {
    for (const args of [['--deep'], []]) {
      const result = await ops(['keys', 'rotate', ...args, '--yes'], env);
      expect(result).toMatchObject({ code: 1, stdout: '' });
      expect(result.stderr).toContain('log_parameter_max_length is -1; set it to 0');
    }
  } finally {
    await set('0');
    await admin.end();
  }
});

describe('a deep rotation', () => {
  it('does nothing without --yes', async () => {
    const dry = await ops(['keys', 'rotate', '--deep'], env);
    expect(dry.stdout).toMatch(/^would encrypt 6 emails of 2 merchants under new data keys\ndry run/);
    expect((await status()).generations).toEqual([{ generation: 1, merchants: 2 }]);
  });

  it('can be stopped while old keys are kept, is shown, and continues', async () => {
    const stopped = await ops(['keys', 'rotate', '--deep', '--merchant', ada, '--yes'], env, {
      answer: true,
      stopWhen: /3 of 3 emails, 0 of 1 merchants finished, old keys are kept for another \dm/,
    });
    expect(stopped).toMatchObject({
      code: 1,
      stdout: `stopped\ncontinue with: npm run ops -- keys rotate --deep --merchant ${ada} --yes\n`,
    });
    expect(await emails(second)).toEqual(allEmails);
    expect((await status()).rotations).toMatchObject([{ merchant_id: ada, generation: 2, rows: 3 }]);
    expect((await ops(['keys', 'status'], env)).stdout).toMatch(new RegExp(`^${ada} +2 +3 +\\d+s ago$`, 'm'));

    const keyring = parseKeyring(second);
    const resumed: Report = await rotateDeep({
      pool: stack.owner,
      keyring,
      keys: createMerchantKeyStore(keyring),
      values: { merchant: ada, yes: true, actor: 'ada' },
      terminal: {
        interactive: false,
        print: jest.fn(),
        note: jest.fn(),
        progress: jest.fn(),
        confirm: jest.fn(),
      },
      signal: new AbortController().signal,
      keptMs: 0,
    });
    expect(resumed).toMatchObject({ failed: false, json: { emails: 3, merchants: 1, finished: 1 } });
    expect(resumed.lines).toEqual(['encrypted 3 emails; 1 of 1 merchant finished, the old keys deleted']);
    expect(await status()).toMatchObject({
      generations: [
        { generation: 1, merchants: 1 },
        { generation: 2, merchants: 1 },
      ],
      rotations: [],
    });
    expect(await emails(second)).toEqual(allEmails);
  });

  it('refuses wrong options, merchants, keyrings and roles', async () => {
    expect(await ops(['keys', 'rotate', '--merchant', ada], env)).toMatchObject({
      code: 2,
      stderr: '--merchant: requires --deep\n',
    });
    const unknown = randomUUID();
    expect(await ops(['keys', 'rotate', '--deep', '--merchant', unknown, '--yes'], env)).toMatchObject({
      code: 1,
      stderr: `merchant ${unknown} has no keys\n`,
    });
    expect(await ops(['keys', 'rotate', '--yes'], { ...env, CORE_ENCRYPTION_KEYS: first })).toMatchObject({
      code: 1,
      stderr: 'key second is not in CORE_ENCRYPTION_KEYS; add it after the current one\n',
    });
    const worker = await ops(['keys', 'rotate', '--deep', '--yes'], {
      ...stack.env,
      CORE_ENCRYPTION_KEYS: second,
    });
    expect(worker).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/set CORE_DB_USER to core_owner/),
    });
  });
});
