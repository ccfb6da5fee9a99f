import { createHmac, randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { ImportService, ShopService } from '@core/contracts';
import {
  DEV_ACCESS_TOKEN,
  DEV_CLIENT_SECRET,
  loadAdminSchema,
  shopIdOf,
  type Reply,
} from '@core/shopify-stand-in';
import { assertShopDirectory, insertConnection } from '@core/testing';
import { auditOf, failure, merchant, openApi, type TestApi } from './support.ts';

const imports = ImportService.method;
let api: TestApi;
beforeAll(async () => {
  // Otherwise the stand-in would load the schema for the first request to a shop, and answer late on a busy
  // machine.
  loadAdminSchema('2026-10');
  api = await openApi({ env: { SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET } });
});
afterAll(async () => {
  const { violations, shops } = api.shopify.stats();
  const agreed = await assertShopDirectory(api.owner).then(() => '', String);
  await api?.stop();
  expect(agreed).toBe('');
  expect([...violations, ...Object.values(shops).flatMap((shop) => shop.violations)]).toEqual([]);
});

/** Returns a reply with this body. */
function page(body: string): Reply {
  return { status: 200, body: Buffer.from(body), headers: { 'content-type': 'text/html' } };
}

/** Creates a shop that has installed the app and has its own token. */
function installed() {
  const shop = `shop-${randomUUID()}.myshopify.com`;
  const accessToken = `shpat_${randomUUID()}`;
  const far = api.shopify.shop(shop);
  far.accessToken = accessToken;
  return { shop, accessToken, far };
}

const connect = (merchantId: string, shop: string, accessToken: string) =>
  api.rpc.unary(imports.connectShop, { merchantId, shop, accessToken });

const connectionsOf = async (shop: string) =>
  (
    await api.owner.query<{ merchant_id: string; shop_id: string | null }>(
      'select merchant_id, shop_id from shop_directory where shop = $1 order by shop_id nulls last',
      [shop],
    )
  ).rows;

/** Stores a connection as builds without shop proofs did. */
const connectUnproven = (merchantId: string, shop: string) =>
  insertConnection(api.owner, { merchantId, shop });

/** Sends a webhook signed as Shopify does. */
async function webhook(shop: string, body: object, headers: Record<string, string> = {}) {
  const text = JSON.stringify(body);
  const reply = await fetch(`${api.url}/webhooks/shopify`, {
    method: 'POST',
    body: text,
    headers: {
      'content-type': 'application/json',
      'x-shopify-hmac-sha256': createHmac('sha256', DEV_CLIENT_SECRET).update(text).digest('base64'),
      'x-shopify-topic': 'customers/update',
      'x-shopify-shop-domain': shop,
      'x-shopify-event-id': randomUUID(),
      ...headers,
    },
  });
  return { status: reply.status, text: await reply.text() };
}

const receivedBy = async (shop: string) =>
  (
    await api.owner.query<{ merchant_id: string }>('select merchant_id from webhook_events where shop = $1', [
      shop,
    ])
  ).rows.map((row) => row.merchant_id);

it('does not connect a shop with a token that the shop does not know, and stores none of its webhooks', async () => {
  const { shop, accessToken } = installed();
  const [intruder, owner] = [merchant(), merchant()];
  for (const token of ['x', DEV_ACCESS_TOKEN, installed().accessToken, `${accessToken}x`]) {
    expect(await failure(connect(intruder, shop, token))).toEqual({
      code: status.INVALID_ARGUMENT,
      details: `access_token: ${shop} does not accept it; reinstall the app`,
    });
  }
  expect(await connectionsOf(shop)).toEqual([]);
  expect(await auditOf(api.owner, intruder)).toEqual([]);
  expect((await webhook(shop, { id: 7, email: 'ada@example.com' })).status).toBe(200);
  expect(await receivedBy(shop)).toEqual([]);

  await connect(owner, shop, accessToken);
  expect(await connectionsOf(shop)).toEqual([{ merchant_id: owner, shop_id: String(shopIdOf(shop)) }]);
  expect((await webhook(shop, { id: 7 })).status).toBe(200);
  expect(await receivedBy(shop)).toEqual([owner]);
});

it('reveals only to a caller with a proof that another merchant has the shop', async () => {
  const [taken, free] = [installed(), installed()];
  await connect(merchant(), taken.shop, taken.accessToken);
  const other = merchant();
  const answers = await Promise.all(
    [taken, free].map(async ({ shop, far }) => {
      const before = far.stats().requests;
      const { code, details } = await failure(connect(other, shop, 'shpat_any'));
      const later = await failure(api.rpc.unary(imports.startCustomerImport, { merchantId: other, shop }));
      const schedule = { merchantId: other, shop, cron: '0 3 * * *', timeZone: 'UTC' };
      const never = await failure(api.rpc.unary(imports.setImportSchedule, schedule));
      const errors = JSON.stringify([code, details, later, never]).replaceAll(shop, 'it');
      return [errors, far.stats().requests - before];
    }),
  );
  expect(answers[0]).toEqual(answers[1]);

  expect(await failure(connect(other, taken.shop, taken.accessToken))).toEqual({
    code: status.ALREADY_EXISTS,
    details: `shop: ${taken.shop} is connected by another merchant`,
  });
  expect(await connectionsOf(taken.shop)).toHaveLength(1);
});

it('requires the scope that imports need', async () => {
  const { shop, accessToken, far } = installed();
  far.scopes = ['read_products'];
  expect(await failure(connect(merchant(), shop, accessToken))).toMatchObject({
    code: status.FAILED_PRECONDITION,
    details: expect.stringMatching(/^access_token: .*read_customers/) as string,
  });
  far.scopes = ['write_customers'];
  await connect(merchant(), shop, accessToken);
});

it.each([
  ['full', []],
  ['no-fields', [expect.stringMatching(/read customers' emails.*level 2/)]],
  ['none', [expect.stringMatching(/read customers, so imports fail.*level 1/)]],
] as const)(
  'connects a shop whose app has the approval %s, and says what that costs',
  async (approval, notes) => {
    const { shop, accessToken, far } = installed();
    Object.assign(far, { customers: 40, approval, scopes: ['read_customers', 'read_customer_merge'] });
    const merchantId = merchant();
    const told = async () =>
      (await api.rpc.unary(ShopService.method.getShop, { merchantId, shop })).shop!.notes;
    await connect(merchantId, shop, accessToken);
    expect(await told()).toEqual(notes);
    // Without customers it does not tell whether it withholds their emails.
    far.customers = 0;
    await connect(merchantId, shop, accessToken);
    expect(await told()).toEqual(notes);
    Object.assign(far, { customers: 40, approval: 'full' });
    await connect(merchantId, shop, accessToken);
    expect(await told()).toEqual([]);
  },
);

it.each(['drop', 'http503', 'truncate'] as const)(
  'stores nothing when the shop answers with %s',
  async (kind) => {
    const { shop, accessToken, far } = installed();
    far.fault({ kind });
    expect(await failure(connect(merchant(), shop, accessToken))).toEqual({
      code: status.UNAVAILABLE,
      details: `shop: ${shop} could not be queried; nothing was stored, try again`,
    });
    expect(await connectionsOf(shop)).toEqual([]);
    await connect(merchant(), shop, accessToken);
  },
);

it('does not wait for a shop longer than its caller', async () => {
  const { shop, accessToken, far } = installed();
  far.fault({ kind: 'hang' });
  const call = api.rpc.unary(
    imports.connectShop,
    { merchantId: merchant(), shop, accessToken },
    { timeoutMs: 300 },
  );
  expect((await failure(call)).code).toBe(status.DEADLINE_EXCEEDED);
  expect(await connectionsOf(shop)).toEqual([]);
});

it('connects a shop with a proof although another merchant holds it without one', async () => {
  const { shop, accessToken } = installed();
  const [holder, owner] = [merchant(), merchant()];
  await connectUnproven(holder, shop);
  // Shopify retries it, because the connection may be proven in the meantime: nothing is lost and nothing is
  // received.
  expect((await webhook(shop, { id: 7 })).status).toBe(503);
  const redact = { customer: { id: 7 }, orders_to_redact: [], shop_id: shopIdOf(shop), shop_domain: shop };
  expect((await webhook(shop, redact, { 'x-shopify-topic': 'customers/redact' })).status).toBe(503);
  expect(await receivedBy(shop)).toEqual([]);

  await connect(owner, shop, accessToken);
  expect(await connectionsOf(shop)).toEqual([
    { merchant_id: owner, shop_id: String(shopIdOf(shop)) },
    { merchant_id: holder, shop_id: null },
  ]);
  expect((await webhook(shop, { id: 7 })).status).toBe(200);
  expect(await receivedBy(shop)).toEqual([owner]);
  expect(await failure(connect(holder, shop, 'shpat_any'))).toMatchObject({ code: status.INVALID_ARGUMENT });
});

it('stores no webhook for a merchant that has lost the shop since its look-up', async () => {
  const { shop, accessToken } = installed();
  const [former, now] = [merchant(), merchant()];
  await connect(now, shop, accessToken);
  const { rows } = await api.owner.query<{ definition: string }>(
    `select pg_get_functiondef('connection_of_webhook'::regproc) as definition`,
  );
  // Makes the look-up return its former result.
  await api.owner.query(
    rows[0]!.definition.replace(
      /AS \$function\$[^]*\$function\$/,
      () => `as $$ select '${former}'::uuid, '${shop}'::varchar, ${shopIdOf(shop)}::bigint $$`,
    ),
  );
  try {
    const answer = await webhook(shop, { id: 7 });
    expect(answer).toEqual({ status: 503, text: 'the shop was moved or disconnected during the request' });
    expect(await receivedBy(shop)).toEqual([]);
  } finally {
    await api.owner.query(rows[0]!.definition);
  }
  expect((await webhook(shop, { id: 7 })).status).toBe(200);
  expect(await receivedBy(shop)).toEqual([now]);
});

it('connects a shop for only one of several concurrent merchants', async () => {
  const { shop, accessToken } = installed();
  const calls = await Promise.all(
    [merchant(), merchant(), merchant()].map((each) => failure(connect(each, shop, accessToken))),
  );
  expect(calls.map(({ code }) => code).sort()).toEqual([0, status.ALREADY_EXISTS, status.ALREADY_EXISTS]);
  expect(await connectionsOf(shop)).toHaveLength(1);
});

it('refuses a webhook of another shop than the one that is connected under this name', async () => {
  const { shop, accessToken } = installed();
  await connect(merchant(), shop, accessToken);
  const own = shopIdOf(shop);
  const of = (shopId: unknown) => ({ 'x-shopify-shop-id': String(shopId) });
  const person = { customer: { id: 7 }, orders_to_redact: [], shop_domain: shop };
  const redact = { 'x-shopify-topic': 'customers/redact' };

  expect((await webhook(shop, { id: 7 }, of(own + 1))).status).toBe(401);
  expect((await webhook(shop, { ...person, shop_id: own + 1 }, redact)).status).toBe(401);
  expect((await webhook(shop, { ...person, shop_id: own }, { ...redact, ...of(own + 1) })).status).toBe(401);
  expect(await receivedBy(shop)).toEqual([]);

  expect((await webhook(shop, { id: 7 }, of(own))).status).toBe(200);
  expect((await webhook(shop, { ...person, shop_id: own }, { ...redact, ...of(own) })).status).toBe(200);
  expect(await receivedBy(shop)).toHaveLength(2);
});

describe('a shop that was renamed', () => {
  const renamedShop = async () => {
    const { shop, accessToken, far } = installed();
    const merchantId = merchant();
    await connect(merchantId, shop, accessToken);
    const newShop = `new-${shop}`;
    api.shopify.rename(shop, newShop);
    const move = (change: object = {}) =>
      failure(api.rpc.unary(imports.moveShopConnection, { merchantId, shop, newShop, ...change }));
    return { merchantId, shop, newShop, accessToken, far, move };
  };

  it('is moved to its new domain, identified by its token and number', async () => {
    const { merchantId, shop, newShop, move } = await renamedShop();
    expect(await move()).toMatchObject({ code: 0 });
    expect(await connectionsOf(shop)).toEqual([]);
    expect(await connectionsOf(newShop)).toEqual([
      { merchant_id: merchantId, shop_id: String(shopIdOf(shop)) },
    ]);
    expect(await move()).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringContaining('is not connected') as string,
    });
    const { importId } = await api.rpc.unary(imports.startCustomerImport, { merchantId, shop: newShop });
    expect(importId).toBeTruthy();
  });

  it('is moved by connecting it again, too', async () => {
    const { merchantId, shop, newShop, accessToken } = await renamedShop();
    await connect(merchantId, newShop, accessToken);
    expect(await connectionsOf(shop)).toEqual([]);
    expect(await connectionsOf(newShop)).toHaveLength(1);
  });

  it('is named in the refusal of its former domain', async () => {
    const { merchantId, shop, newShop, accessToken } = await renamedShop();
    const { code, details } = await failure(connect(merchantId, shop, accessToken));
    expect([code, details]).toEqual([
      status.FAILED_PRECONDITION,
      expect.stringContaining(`it is ${newShop} now`),
    ]);
  });

  it('is not moved to another shop, without its token, or while it does not answer', async () => {
    const { shop, newShop, far, move } = await renamedShop();
    const other = installed();
    // It accepts the token, but is another shop.
    other.far.accessToken = far.accessToken;
    const { code, details } = await move({ newShop: other.shop });
    expect([code, details]).toEqual([
      status.FAILED_PRECONDITION,
      `new_shop: ${other.shop} is not the shop that was connected as ${shop}`,
    ]);
    expect(await move({ newShop: 'example.com' })).toMatchObject({ code: status.INVALID_ARGUMENT });
    far.fault({ kind: 'http503' });
    expect(await move()).toMatchObject({ code: status.UNAVAILABLE });
    far.accessToken = 'shpat_another';
    expect(await move()).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringMatching(`^new_shop: ${newShop} does not accept the access token`) as string,
    });
    expect(await connectionsOf(shop)).toHaveLength(1);
  });

  it('is not moved by another merchant', async () => {
    const { newShop, shop, move } = await renamedShop();
    expect(await move({ merchantId: merchant() })).toMatchObject({ code: status.FAILED_PRECONDITION });
    expect(await connectionsOf(shop)).toHaveLength(1);
    expect(await connectionsOf(newShop)).toEqual([]);
  });
});

it.each<[string, Reply, number, RegExp]>([
  ['a web page', page('<html>Opening soon</html>'), status.UNAVAILABLE, /could not be queried/],
  ['an empty body', page(''), status.UNAVAILABLE, /could not be queried/],
  [
    'errors as text',
    { status: 200, body: { errors: '[API] Invalid API key or access token' } },
    status.INVALID_ARGUMENT,
    /does not accept it/,
  ],
  [
    'a frozen shop',
    { status: 402, body: { errors: 'Unavailable Shop' } },
    status.FAILED_PRECONDITION,
    /frozen the shop/,
  ],
  [
    'a locked shop',
    { status: 423, body: { errors: 'Locked' } },
    status.FAILED_PRECONDITION,
    /locked the shop/,
  ],
  [
    'scopes of an invalid form',
    {
      status: 200,
      body: {
        data: {
          shop: { id: 'gid://shopify/Shop/1', myshopifyDomain: 7 },
          currentAppInstallation: { accessScopes: [null] },
        },
      },
    },
    status.FAILED_PRECONDITION,
    /belongs to 7/,
  ],
])('reports the answer of a shop: %s', async (_what, reply, code, details) => {
  const { shop, accessToken, far } = installed();
  far.fault({ kind: reply });
  const refusal = await failure(connect(merchant(), shop, accessToken));
  expect(refusal.code).toBe(code);
  expect(refusal.details).toMatch(details);
  expect(await connectionsOf(shop)).toEqual([]);
});
