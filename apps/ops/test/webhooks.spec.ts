import { aMerchantId } from '@core/testing';
import { openOps, type OpsWorld } from './support.ts';

let stack: OpsWorld;
beforeAll(async () => (stack = await openOps()));
afterAll(() => stack.close());

const merchantId = aMerchantId();
const add = (shop: string, outcome: string, error: string | null) =>
  stack.owner.query(
    `insert into webhook_events (merchant_id, shop, topic, event_id, body, outcome, error, attempts, finished_at)
     values ($1, $2, 'customers/update', uuidv7(), 'encrypted', $3, $4, 12, now())`,
    [merchantId, shop, outcome, error],
  );
const waiting = async () =>
  (
    await stack.owner.query(
      'select shop, body, attempts, error, finished_at from webhook_events where outcome is null order by shop',
    )
  ).rows;

it('lists the webhooks that were given up, and applies them again with --yes', async () => {
  expect((await stack.ops('webhooks', 'redrive', '--yes')).stdout).toBe('no webhook was given up\n');
  expect(await stack.ops('webhooks', 'redrive', '--shop', 'nobody.myshopify.com', '--yes')).toEqual({
    code: 1,
    stdout: '',
    stderr: '--shop: no shop nobody.myshopify.com is connected\n',
  });
  await add('a.myshopify.com', 'failed', 'internal');
  await add('a.myshopify.com', 'failed', 'sql_42501');
  await add('b.myshopify.com', 'failed', 'internal');
  await add('b.myshopify.com', 'applied', null);

  const dry = await stack.ops('webhooks', 'redrive');
  expect(dry.stdout).toMatch(/^ *a\.myshopify\.com +customers\/update +sql_42501 +1 /m);
  expect(dry.stdout).toContain('would redrive 3 webhooks\ndry run');
  expect(await waiting()).toEqual([]);

  expect(await stack.ops('webhooks', 'redrive', '--error', 'nope')).toEqual({
    code: 1,
    stdout: '',
    stderr: '--error: no webhook was given up for nope; the reasons are internal, sql_42501\n',
  });
  const one = await stack.opsJson(
    'webhooks',
    'redrive',
    '--shop',
    'A.myshopify.com',
    '--error',
    'internal',
    '--yes',
  );
  expect(one).toMatchObject({ dry_run: false, redriven: 1 });
  expect(await waiting()).toEqual([
    { shop: 'a.myshopify.com', body: 'encrypted', attempts: 0, error: null, finished_at: null },
  ]);
  expect((await stack.ops('webhooks', 'redrive', '--yes', '--actor', 'ada')).stdout).toBe(
    'redrove 2 webhooks\n',
  );
  expect(await waiting()).toHaveLength(3);
  const { rows } = await stack.owner.query(
    'select actor, action, detail from audit_log where merchant_id = $1 order by id',
    [merchantId],
  );
  expect(rows).toMatchObject([
    { detail: { webhooks: 1 } },
    { actor: 'ops:ada', action: 'webhooks.redrive', detail: { webhooks: 2 } },
  ]);
});
