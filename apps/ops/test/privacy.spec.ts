// tag: compliance
import { randomUUID } from 'node:crypto';
import { UNKNOWN_MERCHANT } from '@core/domain';
import type { GivenRequest } from '@core/stack';
import { aMerchantId } from '@core/testing';
import { openOps, type OpsWorld } from './support.ts';

let stack: OpsWorld;
beforeAll(async () => (stack = await openOps()));
afterAll(() => stack.close());

const merchantId = aMerchantId();
const add = (requestId: string, kind: GivenRequest['kind'], daysOld: number, receipt?: object) =>
  stack.given.aRequest(merchantId, { requestId, kind, daysOld, receipt, done: receipt !== undefined });

it('lists waiting, late and overdue requests, and prints receipts', async () => {
  expect((await stack.ops('privacy', 'list')).stdout).toBe('no privacy request waits\n');
  expect((await stack.ops('privacy', 'list', '--late')).stdout).toBe('no privacy request is late\n');
  expect((await stack.ops('privacy', 'list', '--all')).stdout).toBe('no privacy request\n');
  await add('fresh', 'data_request', 2);
  await add('near', 'shop_redact', 22);
  await add('over', 'data_request', 33);
  const places = [
    { place: 'customers', found: 1, removed: ['email', 'metadata'], remark: '' },
    { place: 'outbox_events', found: 0, removed: [], remark: 'holds ids' },
  ];
  await add('done', 'redact', 40, { customerId: null, places });

  const { stdout } = await stack.ops('privacy', 'list');
  expect(stdout).toMatch(
    /over +data_request .+ 3d over +OVERDUE\n.+near +shop_redact .+ \dd left +LATE\n.+fresh .+ waiting/,
  );
  expect(stdout).not.toContain('done');
  expect(stdout).toContain('1 request overdue');
  const late = await stack.opsJson<{ requests: { request_id: string }[] }>('privacy', 'list', '--late');
  expect(late).toMatchObject({ overdue: 1, requests: [{ request_id: 'over' }, { request_id: 'near' }] });
  const absent = randomUUID();
  for (const command of [['list'], ['confirm', '--all']]) {
    expect(await stack.ops('privacy', ...command, '--merchant', absent)).toEqual({
      code: 1,
      stdout: '',
      stderr: `--merchant: nothing is stored for merchant ${absent}\n`,
    });
  }
  expect((await stack.ops('privacy', 'list', '--all')).stdout).toMatch(/done +redact .+ - +done/);

  const merchant = ['--merchant', merchantId];
  expect((await stack.ops('privacy', 'show', 'near', ...merchant)).stdout).toMatch(
    /^shop_redact near: LATE\n/,
  );
  expect(await stack.opsJson('privacy', 'show', 'near', ...merchant)).toMatchObject({
    state: 'late',
    kind: 'shop_redact',
  });
  const receipt = await stack.ops('privacy', 'receipt', 'done', ...merchant);
  expect(receipt.stdout).toMatch(/customers +1 +email, metadata\n/);
  expect(receipt.stdout).toMatch(/outbox_events +0 +- +holds ids\n/);
  expect(await stack.opsJson('privacy', 'receipt', 'done', ...merchant)).toMatchObject({ places });

  expect(await stack.ops('privacy', 'receipt', 'near', ...merchant)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is not completed yet'),
  });
  for (const [verb, what] of [
    ['show', 'request'],
    ['receipt', 'erasure'],
    ['cancel', 'request'],
    ['confirm', 'request'],
  ] as const) {
    const yes = ['cancel', 'confirm'].includes(verb) ? ['--yes'] : [];
    expect(await stack.ops('privacy', verb, 'nothing', ...merchant, ...yes)).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `merchant ${merchantId} has no ${what} nothing; ` +
        `see: npm run ops -- privacy list --merchant ${merchantId} --all\n`,
    });
  }
  expect((await stack.ops('privacy', 'show', ...merchant)).code).toBe(2);
  const unknown = randomUUID();
  expect(await stack.ops('privacy', 'show', 'near', '--merchant', unknown)).toMatchObject({
    code: 1,
    stderr: `--merchant: nothing is stored for merchant ${unknown}\n`,
  });
});

it('shows the problem of a request, and cancels only requests that cannot be served', async () => {
  const someMerchant = randomUUID();
  const of = ['--merchant', someMerchant];
  const problem = 'kind: must be one of redact, data_request, shop_redact';
  const addWith = (merchant: string, requestId: string, kind: GivenRequest['kind'], receipt: object) =>
    stack.given.aRequest(merchant, { requestId, kind, receipt });
  await addWith(someMerchant, 'unclear', 'unknown', { problem });
  await addWith(someMerchant, 'plain', 'redact', {});
  const list = await stack.ops('privacy', 'list', ...of);
  expect(list.stdout).toMatch(/ state +problem\n/);
  expect(list.stdout).toMatch(new RegExp(`unclear +unknown .+ 29d left +waiting +${problem}\n`));
  expect(list.stdout).toMatch(/plain +redact .+ waiting +-\n/);
  const shown = await stack.ops('privacy', 'show', 'unclear', ...of);
  expect(shown.stdout).toContain(`problem    ${problem}\n`);

  const cancel = ['--reason', 'mistaken', '--actor', 'ada', '--yes'];
  expect(await stack.ops('privacy', 'cancel', 'plain', ...of, ...cancel)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('it is a redact that can be served'),
  });
  const done = await stack.ops('privacy', 'cancel', 'unclear', ...of, ...cancel);
  expect(done.stdout).toContain('it is no longer waited for');
  expect((await stack.ops('privacy', 'list', ...of)).stdout).not.toContain('unclear');

  const position = 'gdpr_request.created/3/17';
  await addWith(UNKNOWN_MERCHANT, position, 'unknown', { problem: 'body: is not JSON' });
  const unknownMerchant = ['--merchant', UNKNOWN_MERCHANT];
  expect((await stack.ops('privacy', 'list')).stdout).toContain(`${UNKNOWN_MERCHANT}  ${position}`);
  expect((await stack.ops('privacy', 'show', position, ...unknownMerchant)).stdout).toContain(
    '(stands for an unknown merchant)',
  );
  expect((await stack.ops('privacy', 'cancel', position, ...unknownMerchant, ...cancel)).code).toBe(0);
});

describe('shop redactions', () => {
  const someMerchant = randomUUID();
  const of = ['--merchant', someMerchant];
  const addShop = (requestId: string, held = false) =>
    stack.given.aRequest(someMerchant, { requestId, kind: 'shop_redact', waitsHours: 5, held });
  const auditOf = async (action: string) =>
    (
      await stack.owner.query<{ actor: string; detail: object }>(
        'select actor, detail from audit_log where merchant_id = $1 and action = $2',
        [someMerchant, action],
      )
    ).rows;

  it('are cancelled by id, after a confirmation', async () => {
    await addShop('wrong');
    const list = await stack.ops('privacy', 'list', ...of);
    expect(list.stdout).toMatch(/wrong +shop_redact .+ \d{4}-\d\d-\d\dT\d\d:\d\dZ +29d left +waiting/);

    const dry = await stack.ops('privacy', 'cancel', 'wrong', ...of);
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('would cancel it') });
    expect(dry.stdout).toContain('dry run');
    expect(await auditOf('privacy.cancel')).toEqual([]);

    const args = ['privacy', 'cancel', 'wrong', ...of, '--reason', 'forged', '--actor', 'ada', '--yes'];
    const done = await stack.ops(...args);
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/^shop_redact wrong: cancelled\n/) });
    expect(await auditOf('privacy.cancel')).toEqual([
      { actor: 'ops:ada', detail: { request_id: 'wrong', reason: 'forged', had_begun: false } },
    ]);
    expect(await stack.opsJson('privacy', 'show', 'wrong', ...of)).toMatchObject({
      state: 'cancelled',
      cancel_reason: 'forged',
      completed_at: null,
    });
    expect((await stack.ops('privacy', 'list', ...of)).stdout).toBe(
      `no privacy request of merchant ${someMerchant} waits\n`,
    );
    expect(await stack.ops(...args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it was cancelled'),
    });
    expect(await stack.ops('privacy', 'receipt', 'wrong', ...of)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it was cancelled (forged)'),
    });
  });

  it('show their deadline while they are held, and continue when confirmed, one or all', async () => {
    for (const id of ['held-1', 'held-2', 'held-3']) await addShop(id, true);
    expect((await stack.ops('privacy', 'list', ...of)).stdout).toMatch(
      /held-1 +shop_redact .+ 29d left +HELD/,
    );
    const one = ['privacy', 'confirm', 'held-1', ...of];
    expect((await stack.ops(...one)).stdout).toContain('would confirm it');
    expect(await stack.ops(...one, '--actor', 'ada', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('it is carried out from'),
    });
    expect(await stack.ops(...one, '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('it is not held'),
    });
    const rest = await stack.opsJson<{ requests: { request_id: string; held: boolean }[] }>(
      ...['privacy', 'confirm', '--all', ...of, '--actor', 'ada', '--yes'],
    );
    expect(rest.requests.map(({ request_id, held }) => [request_id, held]).sort()).toEqual([
      ['held-2', false],
      ['held-3', false],
    ]);
    expect(await auditOf('privacy.confirm')).toHaveLength(3);
    expect((await stack.ops('privacy', 'confirm', '--all', ...of)).stdout).toBe('no redaction is held\n');
    expect((await stack.ops('privacy', 'confirm', ...of)).code).toBe(2);
    expect((await stack.ops('privacy', 'confirm', 'held-1', '--all', ...of)).code).toBe(2);
  });
});
