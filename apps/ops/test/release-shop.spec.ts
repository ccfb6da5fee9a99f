// tag: compliance
import { randomBytes, randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { createMerchantKeyStore, parseKeyring } from '@core/crypto';
import { inTransaction } from '@core/db';
import { connectShop, redactShopStep, scheduleShopRedactions } from '@core/domain';
import { shopIdOf } from '@core/shopify-stand-in';
import { aMerchantId, assertShopDirectory } from '@core/testing';
import { openOps, ops as runOps, type OpsWorld } from './support.ts';

const keyring = `k1:${randomBytes(32).toString('base64')}`;
const ctx = { caller: 'spec', requestId: 'spec', keys: createMerchantKeyStore(parseKeyring(keyring)) };
const DAY_S = 86_400;

let stack: OpsWorld;
let env: Record<string, string>;
beforeAll(async () => {
  stack = await openOps();
  env = { ...stack.env, CORE_ENCRYPTION_KEYS: keyring };
});
afterAll(async () => {
  const agreed = await assertShopDirectory(stack.owner).then(() => '', String);
  await stack.close();
  expect(agreed).toBe('');
});

const connect = (merchantId: MerchantId, shop: string) =>
  inTransaction(
    stack.pool('core_api', { max: 1 }),
    (tx) => connectShop(tx, ctx, { merchantId, shop, shopId: String(shopIdOf(shop)), accessToken: 'spec' }),
    { merchantId },
  );

/** A shop that the wrong merchant has connected, with an import that runs and two customers. */
async function mistaken(merchantId = aMerchantId()) {
  const shop = `s-${randomUUID()}.myshopify.com`;
  await connect(merchantId, shop);
  await stack.given.aRun({ merchantId, shop });
  await stack.given.customers(merchantId, 2);
  const args = ['shop', 'release', '--shop', shop, '--merchant', merchantId, '--actor', 'ada'];
  const act = (...more: string[]) => runOps([...args, ...more], env);
  return { merchantId, shop, act };
}
type Mistaken = Awaited<ReturnType<typeof mistaken>>;

/** Releases the shop. @returns the id of the request */
async function release({ act }: Mistaken, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await act('--yes', '--json', ...more);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return (JSON.parse(stdout) as { request: { request_id: string } }).request.request_id;
}

/** Does what a worker with this wait does now. */
async function work(wait: number): Promise<void> {
  const pool = stack.pool('core_worker', { max: 1 });
  await inTransaction(pool, (tx) => scheduleShopRedactions(tx, ctx, { wait, most: 0 }));
  while (await inTransaction(pool, (tx) => redactShopStep(tx, ctx)));
}

const endWait = (requestId: string) =>
  stack.owner.query(
    'update privacy_requests set not_before = now(), confirmed_at = now() where request_id = $1',
    [requestId],
  );

const count = async (sql: string, of: MerchantId | string): Promise<number> =>
  (await stack.owner.query<{ n: number }>(`select count(*)::int as n from ${sql} = $1`, [of])).rows[0]!.n;
const entriesOf = (shop: string) => count('shop_directory where shop', shop);
const customersOf = (merchantId: MerchantId) =>
  count('customers where erased_at is null and merchant_id', merchantId);
const auditOf = async (merchantId: MerchantId) =>
  (
    await stack.owner.query<{ actor: string; action: string; detail: object }>(
      `select actor, action, detail from audit_log where merchant_id = $1 and actor = 'ops:ada' order by id`,
      [merchantId],
    )
  ).rows;

it('shows what it would do, then releases the shop, which another merchant connects after the wait', async () => {
  const wrong = await mistaken();
  const { merchantId, shop } = wrong;
  expect(await wrong.act()).toEqual({
    code: 0,
    stdout:
      `${shop} is connected, with 1 import\n` +
      'it is the only shop of the merchant: 2 customers, settings and keys are removed, too\n' +
      `would release ${shop}\ndry run: nothing was done; --yes does it\n`,
    stderr: '',
  });
  expect(await auditOf(merchantId)).toEqual([]);
  expect(await count('privacy_requests where merchant_id', merchantId)).toBe(0);

  const requestId = await release(wrong);
  expect(await auditOf(merchantId)).toMatchObject([
    { action: 'shop.disconnect', detail: { shop, reason: 'disconnected', imports: 1 } },
    { action: 'privacy.request', detail: { request_id: requestId, kind: 'shop_redact' } },
    { action: 'shop.release', detail: { shop, request_id: requestId, now: false } },
  ]);
  const right = aMerchantId();
  await work(DAY_S);
  await expect(connect(right, shop)).rejects.toMatchObject({ kind: 'already_exists' });
  expect(await customersOf(merchantId)).toBe(2);

  await endWait(requestId);
  await work(DAY_S);
  expect(await customersOf(merchantId)).toBe(0);
  expect(await entriesOf(shop)).toBe(0);
  await connect(right, shop);
  expect(await wrong.act()).toEqual({
    code: 1,
    stdout: '',
    stderr: `--shop: ${shop} belongs to merchant ${right}, not to merchant ${merchantId}\n`,
  });
});

it('removes the data although the same merchant connects the shop again while the request waits', async () => {
  const wrong = await mistaken();
  const requestId = await release(wrong);
  await connect(wrong.merchantId, wrong.shop);
  await work(DAY_S);
  await endWait(requestId);
  await work(DAY_S);
  expect(await entriesOf(wrong.shop)).toBe(0);
});

it('changes nothing but the connection when the request is cancelled while it waits', async () => {
  const wrong = await mistaken();
  const { merchantId, shop } = wrong;
  const printed = await wrong.act('--yes');
  const [, cancel] = /to cancel it: npm run ops -- (.+)/.exec(printed.stdout)!;
  await work(DAY_S);
  expect(await runOps(cancel!.split(' '), env)).toMatchObject({ code: 0 });
  await work(0);
  expect(await customersOf(merchantId)).toBe(2);
  expect(await entriesOf(shop)).toBe(1);
  await expect(connect(aMerchantId(), shop)).rejects.toMatchObject({ kind: 'already_exists' });
  // The shop is not connected any more, and can be released again.
  expect((await wrong.act()).stdout).toContain(`${shop} is not connected any more, with 1 import\n`);
  await release(wrong, '--now');
});

it('removes the data without a wait with --now, also while others are held', async () => {
  const wrong = await mistaken();
  expect((await wrong.act('--now')).stdout).toContain(`would release ${wrong.shop} at once\n`);
  const waits = await mistaken();
  await release(wrong, '--now');
  const held = await release(waits);
  await work(DAY_S);
  expect(await entriesOf(wrong.shop)).toBe(0);
  expect(await customersOf(wrong.merchantId)).toBe(0);
  expect(await entriesOf(waits.shop)).toBe(1);
  expect(await stack.opsJson('privacy', 'show', held, '--merchant', waits.merchantId)).toMatchObject({
    held: true,
  });
  await connect(aMerchantId(), wrong.shop);
});

it('keeps the customers of a merchant with another shop, and says so', async () => {
  const wrong = await mistaken();
  const { merchantId, shop } = wrong;
  const other = `other-${merchantId}.myshopify.com`;
  await connect(merchantId, other);
  expect((await wrong.act()).stdout).toContain(
    `the merchant has also ${other}: 2 customers stay, also those of ${shop}\n`,
  );
  const dry = JSON.parse((await wrong.act('--json')).stdout) as object;
  expect(dry).toEqual({
    dry_run: true,
    merchant_id: merchantId,
    shop,
    connected: true,
    imports: 1,
    customers: 2,
    other_shops: [other],
    customers_stay: true,
    request: null,
  });
  await release(wrong, '--now');
  await work(DAY_S);
  expect(await customersOf(merchantId)).toBe(2);
  expect(await entriesOf(shop)).toBe(0);
  expect(await entriesOf(other)).toBe(1);
  await connect(aMerchantId(), shop);
});

it('refuses a second call while the first request is open, and says what to do', async () => {
  const wrong = await mistaken();
  const { merchantId, shop } = wrong;
  await release(wrong);
  for (const more of [[], ['--now'], ['--yes']]) {
    expect(await wrong.act(...more)).toEqual({
      code: 1,
      stdout: '',
      stderr:
        `shop: a redaction of ${shop} is pending; it must be completed or cancelled first; ` +
        `see: npm run ops -- privacy list --merchant ${merchantId}\n`,
    });
  }
  expect(await count('privacy_requests where merchant_id', merchantId)).toBe(1);
});

it('explains an unknown merchant, an unknown shop and missing options', async () => {
  const { merchantId } = await mistaken();
  const refusal = async (...args: string[]) => {
    const result = await runOps(['shop', 'release', ...args], env);
    expect(result.stdout).toBe('');
    return result;
  };
  const [nobody, unknown] = [randomUUID(), `u-${randomUUID()}.myshopify.com`];
  expect(await refusal('--shop', unknown, '--merchant', nobody)).toMatchObject({
    code: 1,
    stderr: `--merchant: nothing is stored for merchant ${nobody}\n`,
  });
  expect(await refusal('--shop', unknown, '--merchant', merchantId)).toMatchObject({
    code: 1,
    stderr: `--shop: ${unknown} belongs to no merchant, and any can connect it\n`,
  });
  expect(await refusal('--shop', 'example.com', '--merchant', merchantId)).toMatchObject({ code: 1 });
  expect(await refusal('--merchant', merchantId)).toMatchObject({ code: 2 });
});
