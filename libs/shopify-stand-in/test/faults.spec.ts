import { waitUntil } from '@core/testing';
import { linkTo, openShop } from './shopify-calls.ts';
import type { OpenShop } from './shopify-calls.ts';

let open: OpenShop;
beforeEach(async () => void (open = await openShop()));
afterEach(() => open.close());

const PAGE = `query Page($after: String) { customers(first: 100, after: $after, sortKey: ID) {
  nodes { id email firstName defaultEmailAddress { emailAddress } } pageInfo { hasNextPage endCursor } } }`;
const page = async (after: string | null = null) => (await open.graphql(PAGE, { after })).data.customers;
const idsOf = (nodes: { id: string }[]) => nodes.map(({ id }) => id);

describe('a reply', () => {
  it.each([
    ['http429', 429, '2.0'],
    ['http429-bare', 429, null],
    ['http500', 500, null],
    ['http503', 503, null],
    ['unauthorized', 401, null],
  ])('is %s on demand, in REST and GraphQL', async (kind, status, retryAfter) => {
    await open.control({ fault: { kind, times: 2 } });
    const rest = await open.rest('customers.json');
    expect([rest.status, rest.headers.get('retry-after')]).toEqual([status, retryAfter]);
    expect((await open.graphql(PAGE)).errors).toEqual(expect.any(String));
    expect((await open.rest('customers.json')).status).toBe(200);
    expect(open.rules()).toEqual([]);
  });

  it('is truncated on demand', async () => {
    open.shop.fault({ kind: 'truncate', times: 2 });
    await expect(open.rest('customers.json')).rejects.toThrow();
    await expect(open.graphql(PAGE)).rejects.toThrow();
    expect((await open.rest('customers.json')).status).toBe(200);
  });

  it('never arrives, or the connection closes, on demand', async () => {
    open.shop.fault({ kind: 'hang' });
    open.shop.fault({ kind: 'drop' });
    const headers = { 'x-shopify-access-token': open.shop.accessToken };
    const signal = AbortSignal.timeout(200);
    const hanging = fetch(`${open.base}/admin/api/2026-10/customers.json`, { headers, signal });
    await expect(hanging).rejects.toMatchObject({ name: 'TimeoutError' });
    await expect(open.rest('customers.json')).rejects.toThrow();
    expect((await open.rest('customers.json')).status).toBe(200);
  });

  it('fails for only one shop', async () => {
    open.shop.fault({ kind: 'http429', times: 1_000_000 });
    const other = open.base.replace('dev-shop', 'other');
    const headers = { 'x-shopify-access-token': open.standIn.shop('other.myshopify.com').accessToken };
    expect((await fetch(`${other}/admin/api/2026-10/customers.json`, { headers })).status).toBe(200);
    expect((await open.rest('customers.json')).status).toBe(429);
  });

  it('fails for the token endpoint and files separately from the API', async () => {
    open.shop.fault({ kind: 'http500', on: 'oauth' });
    expect((await open.rest('customers.json')).status).toBe(200);
    expect((await open.refresh({})).status).toBe(500);
  });
});

describe('cursors', () => {
  it('expire without a violation', async () => {
    const { pageInfo } = await page();
    const link = linkTo((await open.rest('customers.json?limit=10')).headers, 'next')!;
    await open.control({ expireCursors: true });
    const { errors } = await open.graphql(PAGE, { after: pageInfo.endCursor });
    expect(errors[0].message).toBe('Invalid cursor for current pagination sort.');
    const { status, body } = await open.rest(link);
    expect([status, body]).toEqual([400, { errors: { page_info: 'Invalid value.' } }]);
    expect(open.rules()).toEqual([]);
    expect((await page((await page()).pageInfo.endCursor)).nodes).toHaveLength(100);
  });

  it('repeat on demand: the next page is the same page', async () => {
    const { pageInfo: first } = await page();
    open.shop.fault({ kind: 'repeat-cursor' });
    const second = await page(first.endCursor);
    expect(second.pageInfo).toEqual({ hasNextPage: true, endCursor: first.endCursor });
    expect((await page(second.pageInfo.endCursor)).nodes).toEqual(second.nodes);
  });

  it('loop on demand: the next page is an earlier one, as often as requested', async () => {
    const first = await page();
    const second = await page(first.pageInfo.endCursor);
    open.shop.fault({ kind: 'loop-cursor' });
    const third = await page(second.pageInfo.endCursor);
    // Not the cursor of the request, so that comparing the two cursors does not detect the loop.
    expect([first, second].map(({ pageInfo }) => pageInfo.endCursor)).not.toContain(null);
    expect(third.pageInfo.endCursor).toBe(first.pageInfo.endCursor);
    const again = await page(third.pageInfo.endCursor);
    expect(idsOf(again.nodes)).toEqual(idsOf(second.nodes));
    expect(again.pageInfo).toEqual(second.pageInfo);
  });

  it('loop over more pages, once the list has that many', async () => {
    open.shop.fault({ kind: 'loop-cursor', pages: 4, times: 2 });
    const firsts: string[] = [];
    for (let after: string | null = null; firsts.length < 15;) {
      const { nodes, pageInfo }: Awaited<ReturnType<typeof page>> = await page(after);
      firsts.push(nodes[0].id);
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    const all = [...open.shop.all()].map(({ id }) => id);
    const nth = firsts.map((id) => all.indexOf(id) / 100 + 1);
    expect(nth).toEqual([1, 2, 3, 4, 5, 2, 3, 4, 5, 2, 3, 4, 5, 6, 7]);
  });

  it('loop in REST as well', async () => {
    const { rest, shop } = open;
    const first = linkTo((await rest('customers.json?limit=100')).headers, 'next')!;
    const second = await rest(first);
    const third = linkTo(second.headers, 'next')!;
    shop.fault({ kind: 'loop-cursor' });
    const back = linkTo((await rest(third)).headers, 'next')!;
    const again = await rest(back);
    const seen = new Set(second.body.customers.map(({ id }: { id: number }) => id));
    expect(again.body.customers.some(({ id }: { id: number }) => seen.has(id))).toBe(true);
    shop.fault({ kind: 'repeat-cursor' });
    expect((await rest(linkTo((await rest(first)).headers, 'next')!)).body).toEqual(second.body);
    expect(open.rules()).toEqual([]);
  });
});

describe('changes while a client reads', () => {
  const churned = async (seed: number) => {
    await open.close();
    open = await openShop({ customers: 2_000 });
    await open.control({ churn: { seed, everyRequests: 1, times: 12 } });
    const seen = new Set<string>();
    for (let after: string | null = null, more = true; more;) {
      const { nodes, pageInfo }: Awaited<ReturnType<typeof page>> = await page(after);
      nodes.forEach(({ id }: { id: string }) => seen.add(id));
      ({ endCursor: after, hasNextPage: more } = pageInfo);
    }
    return { seen, stats: open.shop.stats(), all: [...open.shop.all()] };
  };

  it('follow the seed, and paging by id misses no customer that existed throughout', async () => {
    const seed = 7;
    const one = await churned(seed);
    const { edited, removed, merged, added } = one.stats.churned;
    expect(edited + removed + merged + added).toBe(12);
    for (const times of [edited, removed, merged, added]) expect(times).toBeGreaterThan(0);
    expect(one.all.filter(({ id }) => !one.seen.has(id)).length).toBeLessThanOrEqual(added);
    expect(one.all).toHaveLength(2_000 - removed - merged + added);
    const two = await churned(seed);
    expect([two.all, two.stats.churned]).toEqual([one.all, one.stats.churned]);
    expect((await churned(seed + 1)).all).not.toEqual(one.all);
  });

  it('edit, remove, merge and add through the control endpoint', async () => {
    const { shop, control } = open;
    const ids = [...shop.all()].map(({ id }) => id);
    await control({ edit: { id: ids[0], patch: { email: 'moved@example.com' } }, remove: ids[1], add: 2 });
    const [one, two] = [shop.find(ids[2]!)!, shop.find(ids[3]!)!];
    await control({ merge: [ids[2], ids[3]] });
    const kept = shop.find(ids[3]!) ?? shop.find(ids[2]!)!;
    expect(Number(kept.numberOfOrders)).toBe(Number(one.numberOfOrders) + Number(two.numberOfOrders));
    expect([shop.find(ids[0]!)!.email, shop.find(ids[1]!), shop.customers]).toEqual([
      'moved@example.com',
      undefined,
      700,
    ]);
  });
});

describe('without approval for protected customer data', () => {
  it('returns no customers: ACCESS_DENIED, 403, and a failed bulk query', async () => {
    await open.control({ approval: 'none' });
    const { data, errors } = await open.graphql(PAGE);
    expect(data).toBeNull();
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('not approved to access the Customer object'),
        path: ['customers'],
        extensions: { code: 'ACCESS_DENIED' },
      },
    ]);
    const rest = await open.rest('customers.json');
    expect([rest.status, rest.body.errors]).toEqual([
      403,
      expect.stringContaining('protected customer data'),
    ]);
    expect((await open.graphql('{ customersCount { count } }')).data.customersCount.count).toBe(700);
    const run = `mutation { bulkOperationRunQuery(query: "{ customers { edges { node { id } } } }") { userErrors { message } } }`;
    expect((await open.graphql(run)).data.bulkOperationRunQuery.userErrors).toEqual([]);
    const ended = () => open.shop.bulk.list().find(({ endedMs }) => endedMs !== null);
    const operation = await waitUntil(ended, { what: 'the operation to finish' });
    expect(operation).toMatchObject({ status: 'FAILED', errorCode: 'ACCESS_DENIED', file: null });
  });

  it('returns null for the fields, with an error for each path', async () => {
    await open.control({ approval: 'no-fields' });
    const { data, errors } = await open.graphql(
      '{ customers(first: 2) { nodes { id email defaultEmailAddress { emailAddress } } } }',
    );
    expect(data.customers.nodes).toEqual(
      [0, 1].map((i) => ({ id: open.shop.get(i)!.id, email: null, defaultEmailAddress: null })),
    );
    expect(errors.map(({ path }: { path: unknown }) => path)).toContainEqual([
      'customers',
      'nodes',
      1,
      'email',
    ]);
    const { body } = await open.rest('customers.json?limit=1&fields=id,email,tags');
    expect(body.customers[0]).toMatchObject({ email: null, tags: expect.any(String) });
  });
});

describe('limits that shrink at run time', () => {
  it('leave GraphQL the points that its new bucket holds', async () => {
    open.shop.plan = 'plus';
    await page();
    await open.control({ limits: { graphql: { maximumAvailable: 50, restoreRate: 10 } } });
    const { extensions } = await open.graphql('{ shop { name } }');
    expect(extensions.cost.throttleStatus).toEqual({
      maximumAvailable: 50,
      currentlyAvailable: 49,
      restoreRate: 10,
    });
    expect((await open.graphql(PAGE)).errors).toBeUndefined();
    await open.graphql(PAGE);
    expect((await open.graphql(PAGE)).errors[0].extensions.code).toBe('THROTTLED');
    expect(open.shop.stats().throttled).toBe(1);
  });
});
