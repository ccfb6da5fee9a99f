// tag: compliance
import { randomUUID } from 'node:crypto';
import { CUSTOMERS_SHA256, inTransaction } from '@core/db';
import { sealAudit } from '@core/domain';
import { aMerchantId, waitUntil } from '@core/testing';
import { openOps, ops, type CommandResult, type OpsWorld } from './support.ts';

let stack: OpsWorld;
beforeEach(async () => (stack = await openOps()));
afterEach(() => stack.close());

const append = (action: string) =>
  stack.owner.query(
    `insert into audit_log (merchant_id, actor, action, request_id) values ($1, 'spec', $2, 'r-1')`,
    [randomUUID(), action],
  );
/** Seals the rows. It waits, because transactions of other specs' databases in the cluster delay the seal. */
const seal = () =>
  waitUntil(() => inTransaction(stack.owner, (tx) => sealAudit(tx)), { what: 'the rows to be sealed' });
const verify = (...args: string[]): Promise<CommandResult> =>
  ops(['audit', 'verify', ...args], { ...stack.env, CORE_DB_USER: 'core_sealer' });

it('reports an intact chain and its head', async () => {
  expect((await verify()).stdout).toBe('0 seals over 0 rows, 0 rows not sealed yet\n');
  await append('spec.one');
  await seal();
  await append('spec.two');
  const result = await verify();
  // Without a terminal the progress line is not overwritten.
  expect(result).toMatchObject({ code: 0, stderr: '1 of 1 seals\n' });
  const atTerminal = await ops(
    ['audit', 'verify'],
    { ...stack.env, CORE_DB_USER: 'core_sealer' },
    { answer: true },
  );
  expect(atTerminal.stderr).toMatch(/^█{30} 1 of 1 seals$/m);
  expect(result.stdout).toMatch(/^1 seal over 1 row, 1 row not sealed yet\nhead 1:[0-9a-f]{64}\n$/);
  const head = result.stdout.trim().split('head ')[1]!;
  expect((await verify('--expect', head)).code).toBe(0);
});

it('names a broken seal and exits with 1', async () => {
  await append('spec.one');
  await seal();
  await append('spec.two');
  await seal();
  const { head } = JSON.parse((await verify('--json')).stdout) as { head: { seq: number; hash: string } };
  await stack.owner.query(`update audit_log set actor = 'somebody else' where action = 'spec.one'`);
  await stack.owner.query('delete from audit_seals where seq = 2');
  const result = await verify('--expect', `${head.seq}:${head.hash}`);
  expect(result.code).toBe(1);
  expect(result.stdout).toMatch(
    /^BROKEN seal 1 of \S+: its rows differ from the sealed ones: 1 then, 1 now$/m,
  );
  expect(result.stdout).toMatch(/^BROKEN seal 2: the kept seal is missing$/m);
});

it('continues from a head that was verified before', async () => {
  await append('spec.one');
  await seal();
  const { head } = JSON.parse((await verify('--json')).stdout) as { head: { seq: number; hash: string } };
  await append('spec.two');
  await seal();
  const result = await verify('--from', `${head.seq}:${head.hash}`);
  expect(result.stdout).toMatch(/^1 seal over 1 row, 0 rows not sealed yet\nhead 2:/);
  const other = await verify('--from', `1:${'0'.repeat(64)}`);
  expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('verify the whole log') });
});

it('lists who did what for one merchant or customer', async () => {
  const [merchantId, customerId] = [randomUUID(), randomUUID()];
  for (const [action, customer] of [
    ['spec.one', null],
    ['spec.two', customerId],
  ])
    await stack.owner.query(
      `insert into audit_log (merchant_id, customer_id, actor, action, request_id) values ($1, $2, 'ada\u0007', $3, 'r-1')`,
      [merchantId, customer, action],
    );
  await append('spec.of_another');
  const list = (...args: string[]) =>
    ops(['audit', 'list', '--merchant', merchantId, ...args], stack.envAs('core_api'));
  const lines = (await list()).stdout.trim().split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[1]).toMatch(new RegExp(`^\\S+Z +ada\\\\u0007 +spec.two +${customerId} +{} +r-1$`));
  const { entries } = JSON.parse((await list('--customer', customerId, '--json')).stdout) as {
    entries: unknown[];
  };
  expect(entries).toMatchObject([{ action: 'spec.two', customer_id: customerId, actor: 'ada\u0007' }]);
  const actionsOf = async (...args: string[]) =>
    (JSON.parse((await list(...args, '--json')).stdout) as { entries: { action: string }[] }).entries.map(
      ({ action }) => action,
    );
  expect(await actionsOf('--action', 'spec.one')).toEqual(['spec.one']);
  expect(await actionsOf('--action', 'spec.two', '--customer', customerId)).toEqual(['spec.two']);
  // Nothing is found, and the customer is not stored: it may be a mistyped one.
  expect(await list('--action', 'spec.one', '--customer', customerId)).toEqual({
    code: 1,
    stdout: '',
    stderr: `there is no customer ${customerId} of merchant ${merchantId}\n`,
  });
  expect((await list('--action', 'spec.of_another')).stdout).not.toContain('spec.of_another');
  expect((await list('--limit', '1')).stdout.trim().split('\n')).toHaveLength(2);
  expect((await ops(['audit', 'list'], stack.env)).stderr).toContain('--merchant: is required');
  const unknown = randomUUID();
  expect(await list('--customer', unknown)).toEqual({
    code: 1,
    stdout: '',
    stderr: `there is no customer ${unknown} of merchant ${merchantId}\n`,
  });
  expect(await ops(['audit', 'list', '--merchant', unknown], stack.envAs('core_api'))).toEqual({
    code: 1,
    stdout: '',
    stderr: `--merchant: nothing is stored for merchant ${unknown}\n`,
  });
});

it('lists as many rows with many customers as requested, also by each of the customers', async () => {
  const merchantId = aMerchantId();
  const { rows } = await stack.owner.query<{ one: string; ids: string[] }>(
    `insert into audit_log (merchant_id, customer_ids, actor, action, detail, request_id)
     select $1, customer_ids, 'ada', 'spec.shared', jsonb_build_object('customers_sha256', ${CUSTOMERS_SHA256}), 'r-1'
       from (select array_agg(uuidv7()) as customer_ids
               from generate_series(1, 60) n, generate_series(1, 1000) group by n) named
     returning customer_ids[1] as one, customer_ids as ids`,
    [merchantId],
  );
  const list = async (...args: string[]) =>
    (await ops(['audit', 'list', '--merchant', merchantId, ...args], stack.envAs('core_api'))).stdout;
  // A page of ListAuditLog contains about twenty of these rows.
  const lines = (await list()).trim().split('\n');
  expect(lines).toHaveLength(51);
  expect(lines[1]).toMatch(/^\S+Z +ada +spec.shared +1000 customers +\{/);
  const { entries } = JSON.parse(await list('--customer', rows[0]!.one, '--json')) as { entries: unknown[] };
  expect(entries).toMatchObject([{ customer_id: null, customer_ids: rows[0]!.ids }]);
});

it('reports rows that wait too long for a seal', async () => {
  await append('spec.one');
  await stack.owner.query(`update audit_log set occurred_at = now() - interval '10 minutes'`);
  const result = await verify();
  expect([result.code, result.stdout]).toEqual([1, expect.stringContaining('is a worker running')]);
});

it('refuses a wrong head or role and names the remedy', async () => {
  expect((await verify('--expect', '3')).stderr).toContain('must be <seq>:<hash>');
  expect((await ops(['audit', 'verify'], stack.env)).stderr).toContain('set CORE_DB_USER to core_sealer');
});
