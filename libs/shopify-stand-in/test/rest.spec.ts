import { REST_PLANS } from '../src/index.ts';
import { linkTo, openShop, START_MS } from './shopify-calls.ts';
import type { OpenShop } from './shopify-calls.ts';

let open: OpenShop;
beforeEach(async () => void (open = await openShop()));
afterEach(() => open.close());

async function readAll(first: string) {
  const pages: { id: number }[][] = [];
  for (let url: string | undefined = first; url;) {
    const { body, headers } = await open.rest(url);
    pages.push(body.customers);
    url = linkTo(headers, 'next');
  }
  return pages;
}
const idOf = (gid: string) => Number(gid.split('/').at(-1));

describe('customers.json', () => {
  it('returns every customer once through Link headers, and the count', async () => {
    const { shop } = open;
    shop.edit(shop.get(3)!.id, { tags: ['vip', 'wholesale'], email: null });
    shop.remove(shop.get(5)!.id);
    shop.add(2);
    const pages = await readAll('customers.json?limit=250');
    expect(pages.map((page) => page.length)).toEqual([250, 250, 201]);
    expect(pages.flat().map(({ id }) => id)).toEqual([...shop.all()].map(({ id }) => idOf(id)));
    expect(pages[0]![3]).toMatchObject({
      tags: 'vip, wholesale',
      email: null,
      updated_at: '2026-05-31T19:00:00-05:00',
    });
    expect((await open.rest('customers/count.json')).body).toEqual({ count: 701 });
    expect(shop.stats()).toMatchObject({ requests: 4, served: 701, violations: [] });
  });

  it('returns a customer in REST’s format', async () => {
    const { body } = await open.rest('customers.json?limit=1');
    const first = open.shop.get(0)!;
    expect(body.customers[0]).toMatchObject({
      id: idOf(first.id),
      email: first.email,
      first_name: first.firstName,
      orders_count: Number(first.numberOfOrders),
      total_spent: first.amountSpent.amount,
      currency: 'EUR',
      state: first.state.toLowerCase(),
      verified_email: first.verifiedEmail,
      admin_graphql_api_id: first.id,
    });
    expect(body.customers[0].created_at).toMatch(/-05:00$/);
    expect(Date.parse(body.customers[0].created_at)).toBe(Date.parse(first.createdAt));
    expect(body.customers[0]).not.toHaveProperty('locale');
  });

  it('links backwards as well, keeps fields and accepts another limit', async () => {
    const first = await open.rest('customers.json?limit=2&fields=id,email');
    expect(first.headers.get('link')).toMatch(/^<[^>]+>; rel="next"$/);
    const second = await open.rest(`${linkTo(first.headers, 'next')!.replace('limit=2', 'limit=3')}`);
    expect(second.body.customers.map(Object.keys)).toEqual(Array(3).fill(['id', 'email']));
    expect(second.headers.get('link')).toMatch(/rel="previous", <.*rel="next"$/);
    const back = await open.rest(linkTo(second.headers, 'previous')!.replace('limit=3', 'limit=2'));
    expect(back.body).toEqual(first.body);
    expect(linkTo(back.headers, 'previous')).toBeUndefined();
    expect(open.rules()).toEqual([]);
  });

  it('has no link for a single page, and 50 customers per page by default', async () => {
    open.shop.customers = 50;
    const { body, headers } = await open.rest('customers.json');
    expect([body.customers.length, headers.get('link')]).toEqual([50, null]);
  });

  it('filters by id, creation and update, also on later pages and in the count', async () => {
    const { shop } = open;
    const [from, to] = [shop.get(100)!.createdAt, shop.get(399)!.createdAt];
    const range = `created_at_min=${from}&created_at_max=${encodeURIComponent(to.replace('Z', '+00:00'))}`;
    expect((await readAll(`customers.json?limit=250&${range}`)).map((page) => page.length)).toEqual([
      250, 50,
    ]);
    expect((await open.rest(`customers/count.json?${range}`)).body).toEqual({ count: 300 });
    const since = await open.rest(`customers.json?since_id=${idOf(shop.get(696)!.id)}`);
    expect(since.body.customers.map((c: { id: number }) => c.id)).toEqual(
      [697, 698, 699].map((i) => idOf(shop.get(i)!.id)),
    );
    shop.edit(shop.get(9)!.id, { tags: [] });
    const edited = await open.rest(`customers.json?updated_at_min=${new Date(START_MS).toISOString()}`);
    expect(edited.body.customers.map((c: { id: number }) => c.id)).toEqual([idOf(shop.get(9)!.id)]);
    const some = await open.rest(`customers.json?ids=${idOf(shop.get(1)!.id)},${idOf(shop.get(4)!.id)}`);
    expect(some.body.customers).toHaveLength(2);
    expect(open.rules()).toEqual([]);
  });
});

describe('a client that breaks a rule of REST gets a violation', () => {
  it('and 400 for filters beside page_info', async () => {
    const next = linkTo(
      (await open.rest('customers.json?limit=2&created_at_min=2020-01-01')).headers,
      'next',
    )!;
    const { status, body } = await open.rest(`${next}&created_at_min=2020-01-01`);
    expect([status, body.errors.created_at_min]).toEqual([
      400,
      expect.stringContaining('created_at_min cannot be passed when page_info is present'),
    ]);
    expect(open.rules()).toEqual(['page-info-filters']);
  });

  it('and 400 for a modified page_info, or one of another shop', async () => {
    const next = linkTo((await open.rest('customers.json?limit=2')).headers, 'next')!;
    for (const other of [next.replace('page_info=ey', 'page_info=eyJ'), next.replace('dev-shop', 'other')]) {
      const { status, body } = await open.rest(other);
      expect([status, body]).toEqual([400, { errors: { page_info: 'Invalid value.' } }]);
    }
    expect(open.rules()).toEqual(['cursor']);
    expect(open.standIn.stats().shops['other.myshopify.com']!.violations).toMatchObject([{ rule: 'cursor' }]);
  });

  it.each([
    ['limit above 250', 'customers.json?limit=251', ['page-size']],
    ['a limit of zero', 'customers.json?limit=0', ['page-size']],
    ['an unknown parameter', 'customers.json?order=id', ['rest-parameter']],
    ['a limit for a count', 'customers/count.json?limit=1', ['rest-parameter']],
    ['an unknown field', 'customers.json?fields=id,emial', ['rest-field']],
  ])('and a reply for %s', async (_, path, rules) => {
    expect((await open.rest(path)).status).toBe(200);
    expect(open.rules()).toEqual(rules);
  });

  it('and 400 for an invalid time', async () => {
    expect((await open.rest('customers.json?created_at_min=soon')).status).toBe(400);
    expect(open.rules()).toEqual(['rest-value']);
  });

  it('for a missing token, an old version, an unknown address and another method', async () => {
    expect((await open.rest('customers.json', { token: null })).status).toBe(401);
    expect(
      (await open.rest('customers.json', { version: '2024-01' })).headers.get('x-shopify-api-version'),
    ).toBe('2025-10');
    expect((await open.rest('orders.json')).status).toBe(404);
    const init = { method: 'POST', headers: { 'x-shopify-access-token': open.shop.accessToken } };
    expect((await fetch(`${open.base}/admin/api/2026-10/customers.json`, init)).status).toBe(404);
    expect(open.rules()).toEqual(['access-token', 'version', 'unsupported']);
    expect(open.standIn.stats().violations).toMatchObject([{ rule: 'address' }]);
  });
});

describe('the REST bucket', () => {
  it('fills, reports its level, refuses with Retry-After, and leaks', async () => {
    const { shop, clock, rest } = open;
    shop.plan = 'standard';
    const headers = [];
    for (let i = 0; i < 40; i++) headers.push((await rest('customers.json?limit=1')).headers);
    expect(headers.map((h) => h.get('x-shopify-shop-api-call-limit'))).toEqual(
      Array.from({ length: 40 }, (_, i) => `${i + 1}/40`),
    );
    const full = await rest('customers.json?limit=1');
    expect([
      full.status,
      full.headers.get('retry-after'),
      full.headers.get('x-shopify-shop-api-call-limit'),
    ]).toEqual([429, '2.0', '40/40']);
    expect(full.body.errors).toContain('Exceeded 2 calls per second');
    expect((await open.graphql('{ shop { name } }')).data).toBeTruthy(); // a separate bucket
    clock.ms += 2_000;
    expect((await rest('customers.json?limit=1')).headers.get('x-shopify-shop-api-call-limit')).toBe('37/40');
    expect(shop.stats()).toMatchObject({ limited: 1, worstSecond: 42, violations: [] });
  });

  it('counts a client that retries before Retry-After has passed', async () => {
    const { shop, clock, rest } = open;
    shop.limit({ rest: { bucket: 1, perSecond: 1 } });
    await rest('customers.json');
    expect((await rest('customers.json')).status).toBe(429);
    clock.ms += 500; // may have been in flight already
    expect((await rest('customers.json')).status).toBe(429);
    expect(open.rules()).toEqual([]);
    clock.ms += 800;
    expect((await rest('customers.json')).status).toBe(200);
    expect(open.rules()).toEqual(['retry-after']);
  });

  it('does not count a client that waits', async () => {
    const { shop, clock, rest } = open;
    shop.fault({ kind: 'http429', times: 3 });
    for (const status of [429, 429, 429, 200]) {
      expect((await rest('customers.json')).status).toBe(status);
      clock.ms += 2_000;
    }
    expect(open.rules()).toEqual([]);
  });

  it('keeps its contents when it shrinks at run time', async () => {
    const { shop, clock, rest } = open;
    shop.plan = 'plus';
    for (let i = 0; i < 10; i++) await rest('customers.json?limit=1');
    await open.control({ limits: { rest: { bucket: 5, perSecond: 1 } } });
    expect((await rest('customers.json?limit=1')).status).toBe(429);
    clock.ms += 6_000;
    const { status, headers } = await rest('customers.json?limit=1');
    expect([status, headers.get('x-shopify-shop-api-call-limit')]).toEqual([200, '5/5']);
  });

  it.each(Object.entries(REST_PLANS))('has the size of plan %s', async (plan, { bucket }) => {
    open.shop.plan = plan as keyof typeof REST_PLANS;
    const { headers } = await open.rest('customers.json?limit=1');
    expect(headers.get('x-shopify-shop-api-call-limit')).toBe(`1/${bucket}`);
  });
});

describe('a pre-rendered view', () => {
  it('returns the same data as rendering on demand, until a customer changes', async () => {
    const { shop, rest, control } = open;
    const range = `created_at_min=${shop.get(100)!.createdAt}`;
    const paths = [
      'customers.json?limit=250',
      'customers.json?fields=id,email',
      `customers.json?limit=7&${range}`,
    ];
    const before = await Promise.all(paths.map((path) => rest(path)));
    for (const fields of [null, ['id', 'email']]) {
      await control({ render: { fields } });
      expect((await Promise.all(paths.map((path) => rest(path)))).map(({ body }) => body)).toEqual(
        before.map(({ body }) => body),
      );
    }
    await control({ render: { fields: null } });
    const all = await readAll('customers.json?limit=250');
    expect(all.flat()).toHaveLength(700);
    shop.edit(shop.get(0)!.id, { email: 'moved@example.com' });
    expect((await rest(paths[0]!)).body.customers[0].email).toBe('moved@example.com');
    shop.customers = 3;
    expect((await rest(paths[0]!)).body.customers).toHaveLength(3);
    expect(open.rules()).toEqual([]);
  });
});
