import { startShopifyStandIn } from '../src/index.ts';
import type { ShopifyStandIn, StandInCustomer } from '../src/index.ts';

const SHOP = 'dev-shop.myshopify.com';
const PAGE = `query Page($first: Int, $after: String, $query: String, $sortKey: CustomerSortKeys, $reverse: Boolean) {
  customers(first: $first, after: $after, query: $query, sortKey: $sortKey, reverse: $reverse) {
    nodes {
      id firstName lastName displayName defaultEmailAddress { emailAddress } numberOfOrders
      amountSpent { amount currencyCode } tags state locale verifiedEmail statistics { rfmGroup } createdAt updatedAt
    }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

interface Body {
  data?: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- the shape is what is under test
  errors?: { message: string; path?: unknown; extensions?: Record<string, unknown> }[];
  extensions?: { cost: any; search?: unknown }; // eslint-disable-line @typescript-eslint/no-explicit-any
}

let clock = Date.UTC(2026, 5, 1);
let standIn: ShopifyStandIn;
beforeEach(async () => {
  clock = Date.UTC(2026, 5, 1);
  standIn = await startShopifyStandIn({ customers: 700, now: () => clock });
});
afterEach(() => standIn.close());

interface Call {
  shop?: string;
  version?: string;
  token?: string | null;
  variables?: Record<string, unknown>;
}
function post(
  query: string,
  { shop = SHOP, version = '2026-10', token = 'shpat_dev', variables }: Call = {},
) {
  return fetch(`${standIn.url.replace('{shop}', shop)}/admin/api/${version}/graphql.json`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== null && { 'X-Shopify-Access-Token': token }),
    },
    body: JSON.stringify({ query, variables }),
  });
}
const ask = async (query: string, call?: Call) => (await (await post(query, call)).json()) as Body;
const page = (variables: Record<string, unknown>) =>
  ask(PAGE, { variables: { sortKey: 'ID', ...variables } });
const control = async (path: string, settings?: unknown) => {
  const init = settings === undefined ? {} : { method: 'POST', body: JSON.stringify(settings) };
  const response = await fetch(`http://127.0.0.1:${standIn.port}/_control/shops/${path}`, init);
  return (await response.json()) as any; // eslint-disable-line @typescript-eslint/no-explicit-any
};
const rules = () =>
  standIn
    .shop(SHOP)
    .stats()
    .violations.map(({ rule }) => rule);

async function readAll(variables: Record<string, unknown>): Promise<Record<string, unknown>[]> {
  const nodes: Record<string, unknown>[] = [];
  for (let after: string | null = null, more = true; more;) {
    const { data } = await page({ ...variables, after });
    nodes.push(...data.customers.nodes);
    ({ endCursor: after, hasNextPage: more } = data.customers.pageInfo);
  }
  return nodes;
}
const asNode = ({ email, rfmGroup, ...customer }: StandInCustomer) => ({
  ...customer,
  statistics: { rfmGroup },
  displayName: `${customer.firstName} ${customer.lastName}`,
  defaultEmailAddress: email === null ? null : { emailAddress: email },
});

describe('paging', () => {
  it.each([
    ['ID', false],
    ['ID', true],
    ['CREATED_AT', false],
    ['UPDATED_AT', false],
    ['UPDATED_AT', true],
  ])('by %s (reverse %s) reads every field of every customer once', async (sortKey, reverse) => {
    const shop = standIn.shop(SHOP);
    shop.edit(shop.get(3)!.id, { email: 'moved@example.com' });
    shop.remove(shop.get(5)!.id);
    shop.add(2);
    shop.plan = 'enterprise';
    const nodes = await readAll({ first: 250, sortKey, reverse });
    const byId = (a: { id?: unknown }, b: { id?: unknown }) => String(a.id).localeCompare(String(b.id));
    expect(nodes).toHaveLength(701);
    expect(nodes.sort(byId)).toEqual([...shop.all()].map(asNode).sort(byId));
    expect(shop.stats()).toMatchObject({ requests: 3, served: 701, violations: [] });
  });

  it('returns the cursors at both ends of a page', async () => {
    const { data } = await page({ first: 250 });
    const { startCursor, endCursor, ...flags } = data.customers.pageInfo;
    expect(flags).toEqual({ hasNextPage: true, hasPreviousPage: false });
    expect(startCursor).not.toBe(endCursor);
    standIn.shop(SHOP).customers = 0;
    expect((await page({ first: 1 })).data.customers.pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    });
  });

  it('accepts the cursor of an edge as well', async () => {
    const { data } = await ask('{ customers(first: 2) { edges { cursor node { id } } } }');
    const [first, second] = data.customers.edges;
    const rest = await ask(`{ customers(first: 1, after: "${first.cursor}") { nodes { id } } }`);
    expect(rest.data.customers.nodes).toEqual([second.node]);
  });

  it('filters, counts and warns', async () => {
    const shop = standIn.shop(SHOP);
    const since = '2026-06-01T00:00:00Z';
    shop.edit(shop.get(9)!.id, { tags: ['vip'] });
    const { data } = await page({ first: 10, query: `updated_at:>='${since}'` });
    expect(data.customers.nodes).toMatchObject([{ id: shop.get(9)!.id, updatedAt: since, tags: ['vip'] }]);
    const counts = await ask(
      `{ all: customersCount(limit: null) { count precision } few: customersCount(limit: 10) { count precision }
         some: customersCount(query: "updated_at:>='${since}'") { count } }`,
    );
    expect(counts.data).toEqual({
      all: { count: 700, precision: 'EXACT' },
      few: { count: 10, precision: 'AT_LEAST' },
      some: { count: 1 },
    });
    expect(rules()).toEqual([]);
    const odd = await page({ first: 10, query: 'color:red' });
    expect(odd.data.customers.nodes).toHaveLength(10);
    expect(odd.extensions?.search).toMatchObject([
      { path: ['customers'], warnings: [{ code: 'invalid_field' }] },
    ]);
    expect(rules()).toEqual(['search-field']);
  });
});

describe('a client that breaks a rule gets an error and a violation', () => {
  it.each([
    ['page-size', { first: 251 }, 'first cannot exceed 250'],
    ['page-size', {}, 'you must provide one of first or last'],
    ['cursor', { first: 1, after: 'eyJsYXN0X2lkIjoxfQ==' }, 'Invalid cursor for current pagination sort.'],
    [
      'unsupported',
      { first: 1, query: 'email:x' },
      'The stand-in does not implement search: of emails, only email:* is implemented.',
    ],
    ['unsupported', { first: 1, sortKey: 'NAME' }, 'The stand-in does not implement sortKey NAME.'],
  ])('%s %j', async (rule, variables, message) => {
    const { data, errors, extensions } = await page(variables);
    expect([data, errors]).toMatchObject([null, [{ message, path: ['customers'] }]]);
    expect(extensions?.cost.throttleStatus.maximumAvailable).toBe(2000);
    expect(rules()).toEqual([rule]);
  });

  it('for a cursor used with other arguments', async () => {
    const { data } = await page({ first: 1 });
    const after = data.customers.pageInfo.endCursor;
    for (const other of [{ sortKey: 'UPDATED_AT' }, { reverse: true }, { query: 'id:>1' }]) {
      const { errors } = await page({ first: 1, after, ...other });
      expect(errors).toMatchObject([{ message: 'Invalid cursor for current pagination sort.' }]);
    }
    expect((await page({ first: 5, after })).errors).toBeUndefined();
    expect(standIn.shop(SHOP).stats().violations).toMatchObject([{ rule: 'cursor', times: 3 }]);
  });

  it('for an unknown field, twice, as one entry', async () => {
    for (let i = 0; i < 2; i++) {
      const { data, errors } = await ask('{ customers(first: 1) { nodes { emial } } }');
      expect(data).toBeUndefined();
      expect(errors?.[0]?.extensions).toEqual({
        code: 'undefinedField',
        typeName: 'Customer',
        fieldName: 'emial',
      });
    }
    expect(standIn.shop(SHOP).stats().violations).toMatchObject([{ rule: 'document', times: 2 }]);
  });

  it('for a field without data: an error, never null', async () => {
    const { errors } = await ask('{ customers(first: 1) { nodes { note } } }');
    expect(errors?.[0]?.message).toBe('The stand-in does not implement Customer.note.');
  });

  it('for a variable, a literal or a token of a wrong type, without its value in the violation', async () => {
    const { errors } = await page({ first: 'someone@example.com' });
    expect(errors?.[0]?.extensions).toEqual({ code: 'INVALID_VARIABLE' });
    await ask('{ customers(first: "someone@example.com") { nodes { id } } }');
    await ask('{ shop { "someone@example.com" } }');
    expect(rules()).toEqual(['variables', 'document', 'document']);
    expect(JSON.stringify(standIn.stats())).not.toContain('@');
  });

  it('for a mutation, and for a body without a query', async () => {
    const mutation =
      'mutation { customerDelete(input: { id: "gid://shopify/Customer/1" }) { deletedCustomerId } }';
    expect((await ask(mutation)).errors?.[0]?.message).toBe('The stand-in does not implement a mutation.');
    expect((await post(undefined as never)).status).toBe(400);
    expect(rules()).toEqual(['unsupported', 'body']);
  });
});

describe('cost and throttling', () => {
  it('charges the actual cost and shows the bucket', async () => {
    const { extensions } = await page({ first: 250 });
    expect(extensions?.cost).toEqual({
      requestedQueryCost: 46,
      actualQueryCost: 46,
      throttleStatus: { maximumAvailable: 2000, currentlyAvailable: 1954, restoreRate: 100 },
    });
    standIn.shop(SHOP).customers = 3;
    const small = await page({ first: 250 });
    expect(small.extensions?.cost).toMatchObject({ requestedQueryCost: 46, actualQueryCost: 10 });
    expect(small.extensions?.cost.throttleStatus.currentlyAvailable).toBe(1944);
  });

  it('answers THROTTLED with HTTP 200 until enough points are restored', async () => {
    let reply = await page({ first: 250 });
    while (!reply.errors) reply = await page({ first: 250 });
    expect(reply.data).toBeUndefined();
    expect(reply.errors).toMatchObject([{ message: 'Throttled', extensions: { code: 'THROTTLED' } }]);
    expect(reply.extensions?.cost).toMatchObject({ requestedQueryCost: 46, actualQueryCost: null });
    expect(standIn.shop(SHOP).stats()).toMatchObject({ requests: 44, throttled: 1, violations: [] });
    expect((await ask('{ shop { name } }', { shop: 'other.myshopify.com' })).errors).toBeUndefined();
    clock += 1_000;
    expect((await page({ first: 250 })).errors).toBeUndefined();
  });

  it('refuses a query of more than 1,000 points before it runs', async () => {
    const greedy =
      '{ customers(first: 250) { nodes { orders(first: 250) { nodes { lineItems(first: 250) { nodes { id } } } } } } }';
    const { errors } = await ask(greedy);
    expect(errors?.[0]).toMatchObject({ extensions: { code: 'MAX_COST_EXCEEDED', maxCost: 1000 } });
    expect(errors?.[0]?.message).toMatch(
      /^Query cost is \d{4,}, which exceeds the single query max cost limit \(1000\)/,
    );
    expect(standIn.shop(SHOP).stats()).toMatchObject({ served: 0, violations: [{ rule: 'query-cost' }] });
  });
});

describe('the endpoint', () => {
  it('requires the shop’s token', async () => {
    const refused = {
      errors: '[API] Invalid API key or access token (unrecognized login or wrong password)',
    };
    for (const token of [null, 'shpat_wrong']) {
      const response = await post('{ shop { name } }', { token });
      expect([response.status, await response.json()]).toEqual([401, refused]);
    }
    standIn.shop(SHOP).accessToken = 'shpat_next';
    expect((await post('{ shop { name } }')).status).toBe(401);
    expect((await post('{ shop { name } }', { token: 'shpat_next' })).status).toBe(200);
    expect(standIn.shop(SHOP).stats()).toMatchObject({
      unauthorized: 3,
      violations: [{ rule: 'access-token', times: 1 }],
    });
  });

  it.each([
    ['2026-10', 200, '2026-10', []],
    ['2025-10', 200, '2025-10', []],
    ['2024-01', 200, '2025-10', ['version']],
    ['2030-01', 404, null, ['version']],
    ['latest', 404, null, ['version']],
  ])('answers version %s with %s as %s', async (version, status, served, violations) => {
    const response = await post('{ shop { myshopifyDomain } }', { version });
    expect([response.status, response.headers.get('x-shopify-api-version')]).toEqual([status, served]);
    expect(rules()).toEqual(violations);
  });

  it('accepts only *.myshopify.com', async () => {
    expect((await post('{ shop { name } }', { shop: 'shop.example.com' })).status).toBe(404);
    expect(standIn.stats().violations).toMatchObject([{ rule: 'address' }]);
    expect(() => standIn.shop('shop.example.com')).toThrow('myshopify.com');
  });

  it('fails on demand, as often as requested', async () => {
    const shop = standIn.shop(SHOP);
    shop.fault({ kind: 'http429' });
    shop.fault({ kind: 'http500', times: 2 });
    shop.fault({ kind: 'unauthorized' });
    shop.fault({ kind: 'drop' });
    const busy = await post('{ shop { name } }');
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '2.0']);
    for (const status of [500, 500, 401]) expect((await post('{ shop { name } }')).status).toBe(status);
    await expect(post('{ shop { name } }')).rejects.toThrow();
    expect((await post('{ shop { name } }')).status).toBe(200);
  });

  it('returns facts about the shop', async () => {
    const { data } = await ask('{ shop { name myshopifyDomain plan { shopifyPlus } } }');
    expect(data.shop).toEqual({ name: 'dev-shop', myshopifyDomain: SHOP, plan: { shopifyPlus: false } });
  });
});

describe('the control endpoints', () => {
  it('control and show a shop', async () => {
    const set = {
      customers: 12,
      plan: 'plus',
      accessToken: 'shpat_x',
      latency: [0, 1],
      fault: { kind: 'http500' },
    };
    expect(await control(SHOP, set)).toMatchObject({ customers: 12, plan: 'plus', requests: 0 });
    expect((await post('{ shop { name } }', { token: 'shpat_x' })).status).toBe(500);
    expect((await post('{ shop { name } }', { token: 'shpat_x' })).status).toBe(200);
    expect(await control(SHOP)).toMatchObject({ requests: 2, throttled: 0, unauthorized: 0, violations: [] });
  });

  it('list the customers', async () => {
    const shop = standIn.shop(SHOP);
    shop.remove(shop.get(1)!.id);
    expect(await control(`${SHOP}/customers?offset=1&limit=2`)).toEqual([shop.get(2), shop.get(3)]);
    expect(await control(`${SHOP}/customers?offset=698&limit=9`)).toHaveLength(1);
    expect(await control('nowhere')).toEqual({ errors: 'Not Found' });
  });
});

it('serves the last of a million customers, and the same ones after a restart', async () => {
  standIn.shop(SHOP).customers = 1_000_000;
  const last = standIn.shop(SHOP).get(999_999)!;
  const { data } = await page({ first: 1, sortKey: 'UPDATED_AT', reverse: true });
  expect(data.customers.nodes).toHaveLength(1);
  const { endCursor } = (await page({ first: 1, reverse: true })).data.customers.pageInfo;
  await standIn.close();
  standIn = await startShopifyStandIn({ customers: 1_000_000 });
  expect(standIn.shop(SHOP).get(999_999)).toEqual(last);
  const next = await page({ first: 1, reverse: true, after: endCursor });
  expect(next.data.customers.nodes[0].id).toBe(standIn.shop(SHOP).get(999_998)!.id);
});
