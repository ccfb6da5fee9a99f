import { randomUUID } from 'node:crypto';
import { openStack, type Stack } from './support.ts';

let stack: Stack;
beforeAll(async () => (stack = await openStack()));
afterAll(() => stack.close());

const merchantId = randomUUID();
const add = (requestId: string, kind: string, days: number, receipt?: object) =>
  stack.owner.query(
    `insert into privacy_requests (merchant_id, request_id, kind, receipt, received_at, due_at, completed_at)
     values ($1, $2, $3, $4, now() - make_interval(days => $5), now() + make_interval(days => 30 - $5),
             case when $6 then now() end)`,
    [merchantId, requestId, kind, receipt ?? {}, days, receipt !== undefined],
  );

it('lists what waits, what is late and what is overdue, and prints receipts', async () => {
  expect((await stack.ops('privacy', 'list')).stdout).toBe('no such request\n');
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
  expect((await stack.ops('privacy', 'list', '--merchant', randomUUID())).stdout).toBe('no such request\n');
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
    stderr: expect.stringContaining('still under way'),
  });
  expect(await stack.ops('privacy', 'show', 'nothing', ...merchant)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not found'),
  });
  expect((await stack.ops('privacy', 'show', ...merchant)).code).toBe(2);
});
