import { randomBytes } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { createMerchantKeyStore, parseKeyring } from '@core/crypto';
import { inTransaction } from '@core/db';
import { connectShop, readStoredToken } from '@core/domain';
import { startShopifyStandIn, type ShopifyStandIn } from '@core/shopify-stand-in';
import { aMerchantId, assertShopDirectory } from '@core/testing';
import { openOps, ops as runOps, type OpsWorld } from './support.ts';

const keyring = `k1:${randomBytes(32).toString('base64')}`;
const keys = createMerchantKeyStore(parseKeyring(keyring));
const ctx = { caller: 'spec', requestId: 'spec', keys };

let stack: OpsWorld;
let standIn: ShopifyStandIn;
let env: Record<string, string>;
beforeAll(async () => {
  [stack, standIn] = await Promise.all([openOps(), startShopifyStandIn({ customers: 1 })]);
  env = { ...stack.envAs('core_api'), CORE_ENCRYPTION_KEYS: keyring, SHOPIFY_BASE_URL: standIn.url };
});
afterAll(async () => {
  const { violations, shops } = standIn.stats();
  const agreed = await assertShopDirectory(stack.owner).then(() => '', String);
  await Promise.all([stack.close(), standIn.close()]);
  expect([...violations, ...Object.values(shops).flatMap((shop) => shop.violations)]).toEqual([]);
  expect(agreed).toBe('');
});

/** Creates a connected shop and renames it. */
async function renamed() {
  const merchantId = aMerchantId();
  const shop = `s-${merchantId}.myshopify.com`;
  const newShop = `n-${merchantId}.myshopify.com`;
  const far = standIn.shop(shop);
  far.accessToken = `shpat_${merchantId}`;
  const connection = { merchantId, shop, shopId: String(far.shopId), accessToken: far.accessToken };
  await inTransaction(stack.owner, (tx) => connectShop(tx, ctx, connection));
  standIn.rename(shop, newShop);
  const args = ['shop', 'move', '--shop', shop, '--to', newShop, '--merchant', merchantId];
  return { merchantId, shop, newShop, far, args };
}

const shopsOf = async (merchantId: MerchantId) =>
  (
    await stack.owner.query<{ shop: string }>('select shop from shopify_connections where merchant_id = $1', [
      merchantId,
    ])
  ).rows.map(({ shop }) => shop);

it('does nothing without --yes, then moves the connection of a renamed shop with an audit row', async () => {
  const { merchantId, shop, newShop, far, args } = await renamed();
  const dry = await runOps(args, env);
  expect(dry).toEqual({
    code: 0,
    stdout: `${newShop} is shop ${far.shopId}\nwould move ${shop} there\ndry run: nothing was done; --yes does it\n`,
    stderr: '',
  });
  expect(await shopsOf(merchantId)).toEqual([shop]);
  const done = await runOps([...args, '--yes', '--actor', 'ada', '--json'], env);
  expect(JSON.parse(done.stdout)).toEqual({
    dry_run: false,
    shop,
    new_shop: newShop,
    shop_id: String(far.shopId),
    moved: { imports: 0, schedules: 0, webhooks: 0 },
  });
  expect(await shopsOf(merchantId)).toEqual([newShop]);
  const { accessToken } = await inTransaction(stack.owner, (tx) =>
    readStoredToken(tx, { keys }, { merchantId, shop: newShop }),
  );
  expect(accessToken).toBe(far.accessToken);
  const { rows } = await stack.owner.query(
    `select actor, detail from audit_log where merchant_id = $1 and action = 'shop.move'`,
    [merchantId],
  );
  expect(rows).toMatchObject([{ actor: 'ops:ada', detail: { shop, new_shop: newShop } }]);
});

it('reports why a move is refused, and moves nothing', async () => {
  const { merchantId, shop, newShop, far, args } = await renamed();
  const refusal = async (change: { to?: string; env?: Record<string, string>; shop?: string }) => {
    const asked = ['shop', 'move', '--shop', change.shop ?? shop, '--to', change.to ?? newShop];
    const result = await runOps([...asked, '--merchant', merchantId, '--yes'], { ...env, ...change.env });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    return result.stderr;
  };
  const other = standIn.shop(`other-${merchantId}.myshopify.com`);
  other.accessToken = far.accessToken;
  expect(await refusal({ to: other.domain })).toBe(
    `new_shop: ${other.domain} is not the shop that was connected as ${shop}\n`,
  );
  // The former domain redirects to the new one.
  expect(await refusal({ to: shop })).toContain(`it is ${newShop} now`);
  expect(await refusal({ shop: 'nobody.myshopify.com' })).toContain('is not connected');
  expect(await refusal({ to: 'example.com' })).toBe(
    'to: must be a shop domain such as example.myshopify.com\n',
  );
  const otherKeys = { CORE_ENCRYPTION_KEYS: `k2:${randomBytes(32).toString('base64')}` };
  expect(await refusal({ env: otherKeys })).toContain('see CORE_ENCRYPTION_KEYS');
  far.fault({ kind: 'http503' });
  expect(await refusal({})).toBe(`cannot query ${newShop} (HTTP 503); nothing was moved, try again\n`);
  far.accessToken = 'shpat_another';
  expect(await refusal({})).toMatch(new RegExp(`^${newShop} does not accept the access token`));
  expect(await shopsOf(merchantId)).toEqual([shop]);
  expect(await runOps(args.slice(0, 4), env)).toMatchObject({ code: 2 });
});
