import type { MerchantId, ImportId } from '@core/contracts';
import { inTransaction } from '@core/db';
import { claimSlices, finishCancels, startPendingRuns, type PageRef } from '@core/domain';
import { Registry } from '@core/runtime';
import {
  createSources,
  createPlanTierCache,
  NotReady,
  ShopifyUnavailable,
  Throttled,
  Unauthorized,
  type GraphqlCursor,
  type Limit,
  type Limiter,
  type Outcome,
  type Page,
  type Reading,
} from '@core/shopify';
import { waitUntil } from '@core/testing';
import type { TokenKeeper } from '../src/tokens/token-keeper.ts';
import { createHeldSlices } from '../src/jobs/held-slices.ts';
import { processPage, type ProcessPageDeps } from '../src/jobs/process-page.ts';
import { createImporterMetrics } from '../src/metrics.ts';
import { bindShops } from '../src/shop-clients.ts';
import {
  isFinished,
  eventsOf,
  openWorld,
  shopCustomers,
  storedCustomers,
  UNLIMITED,
  type World,
} from './support.ts';

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 4 })));
afterEach(() => world.reset());
afterAll(() => world.close());

/** Reads the page of GraphQL at a cursor. */
type Next = (cursor: GraphqlCursor | null, reading: Reading) => Promise<Page<GraphqlCursor>>;

const claim = () =>
  inTransaction(world.pool, async (tx) => {
    await startPendingRuns(tx, { most: 10 });
    return claimSlices(tx, { most: 10 });
  });
const setLease = (page: PageRef, seconds: number) =>
  world.owner.query(
    `update customer_import_slices set lease_until = now() + $2 * interval '1 second' where import_id = $1`,
    [page.importId, seconds],
  );
/** The dependencies of a page's processing that a spec may replace. */
type More = Partial<ProcessPageDeps> & { limiter?: Limiter; tokens?: TokenKeeper };
/** Processes a page like an importer. */
const work = async (page: PageRef, { limiter = UNLIMITED, tokens = world.tokens, ...more }: More = {}) => {
  const added: PageRef[] = [];
  const { log } = world;
  const planTiers = createPlanTierCache();
  const metrics = more.metrics ?? createImporterMetrics(new Registry(), () => 0);
  const waitMs = await processPage(
    {
      pool: world.pool,
      keys: world.ctx.keys,
      shopClient: bindShops({ api: world.shopify, tokens, limiter, planTiers, metrics, log }),
      sources: createSources(),
      settings: { restEntitled: true, bulkFrom: 1_000_000 },
      planTiers,
      jobs: { add: (pages) => Promise.resolve(void added.push(...pages)) },
      held: createHeldSlices(),
      metrics,
      log,
      signal: new AbortController().signal,
      giveUpAfterMs: 60_000,
      ...more,
    },
    page,
  );
  return { waitMs, added };
};
/** GraphQL pages whose reading a spec replaces. */
const reading = (next: Next): Pick<ProcessPageDeps, 'sources'> => ({
  sources: { ...createSources(), graphql: (of) => ({ next: (cursor) => next(cursor, of) }) },
});
const nextReal: Next = (cursor, of) => createSources().graphql(of).next(cursor);
/** Creates a planned run with a single slice. Returns it with that slice's first page. */
const planned = async (customers: number) => {
  const shop = await world.connect(customers);
  shop.far.plan = 'enterprise';
  const ref = await world.start(shop);
  const [planning] = await claim();
  expect(await work(planning!)).toEqual({ waitMs: 0, added: [] });
  await world.owner.query(
    `with first as (select min(slice) as slice from customer_import_slices where import_id = $1 and kind = 'read'),
          others as (delete from customer_import_slices
                      where import_id = $1 and kind = 'read' and slice > (select slice from first))
     update customer_import_slices set range = '' where import_id = $1 and kind = 'read'
        and slice = (select slice from first)`,
    [ref.importId],
  );
  const [page] = await claim();
  return { shop, ref, page: page! };
};
/** Processes pages until the run has ended. */
const finish = async (ref: { merchantId: MerchantId; importId: ImportId }) => {
  for (;;) {
    let pages = await claim();
    if (pages.length === 0) return world.show(ref);
    while (pages.length > 0)
      pages = (await Promise.all(pages.map((page) => work(page)))).flatMap((done) => done.added);
  }
};

describe('a page', () => {
  it('queues the next one', async () => {
    const { page, ref } = await planned(600);
    expect(await work(page)).toEqual({ waitMs: 0, added: [{ ...page, page: 1 }] });
    expect(await world.show(ref)).toMatchObject({ status: 'running', expected: 600, read: 250 });
  });

  it('is read again at once, without emails, when Shopify refuses them in the middle of a run', async () => {
    const { page, ref, shop } = await planned(600);
    const [second] = (await work(page)).added;
    shop.far.approval = 'no-fields';
    // Otherwise the slice would stand still until its lease ends.
    expect(await work(second!)).toEqual({ waitMs: 1, added: [] });
    expect(await world.show(ref)).toMatchObject({ read: 250, emailsWithheld: true });
    expect(await work(second!)).toEqual({ waitMs: 0, added: [{ ...page, page: 2 }] });
    expect(await world.show(ref)).toMatchObject({ status: 'running', read: 500 });
    const customers = shopCustomers(shop).map((each, at) => (at < 250 ? each : { ...each, email: null }));
    expect(await storedCustomers(world, shop)).toEqual(customers.slice(0, 500));
  });

  it('writes nothing when its slice was claimed again while it was read', async () => {
    const { shop, page, ref } = await planned(100);
    const woken: Next = async (...at) => {
      const fetched = await nextReal(...at);
      await setLease(page, -1);
      expect(await claim()).toEqual([{ ...page, fence: 2 }]);
      return fetched;
    };
    expect(await work(page, reading(woken))).toEqual({ waitMs: 0, added: [] });
    expect(await storedCustomers(world, shop)).toEqual([]);
    expect(await eventsOf(world, shop)).toEqual([]);
    expect(await world.show(ref)).toMatchObject({ status: 'running', read: 0 });
    const ids = await world.owner.query('select 1 from customer_import_ids where import_id = $1', [
      ref.importId,
    ]);
    expect(ids.rowCount).toBe(0);
  });

  it('is processed once, however often its job runs', async () => {
    const { page, ref, shop } = await planned(600);
    await work(page);
    const { requests } = shop.far.stats();
    expect(await work(page)).toEqual({ waitMs: 0, added: [] });
    expect(await world.show(ref)).toMatchObject({ read: 250 });
    expect(shop.far.stats().requests).toBe(requests);
  });

  it('is counted once when several processes work on it at the same time', async () => {
    const { page, ref, shop } = await planned(250);
    await Promise.all([work(page), work(page), work(page)]);
    await waitUntil(async () => (await work(page)).waitMs === 0, { what: 'the page to be done' });
    expect(await finish(ref)).toMatchObject({ status: 'completed', read: 250, created: 250 });
    expect(await eventsOf(world, shop)).toHaveLength(250);
  });

  it('keeps its slice while Shopify takes longer than a lease', async () => {
    const { page, ref } = await planned(100);
    const slow: Next = async (...at) => {
      await setLease(page, 1);
      const lease = `select 1 from customer_import_slices
                      where import_id = $1 and slice = $2 and lease_until > now() + interval '5 seconds'`;
      await waitUntil(
        async () => (await world.owner.query(lease, [page.importId, page.slice])).rowCount === 1,
        { what: 'the lease to be renewed' },
      );
      return nextReal(...at);
    };
    await work(page, reading(slow));
    expect(await world.show(ref)).toMatchObject({ status: 'running', read: 100 });
  });

  it('is requested again at the source’s cursor when it is not ready yet', async () => {
    const { page, ref } = await planned(10);
    const there: GraphqlCursor = { kind: 'graphql', at: 'cursor', pages: 1, lasts: [], anchor: null };
    const asked: (GraphqlCursor | null)[] = [];
    const notYet: Next = (cursor) => {
      asked.push(cursor);
      return Promise.reject(new NotReady(there, 2_500, 'why'));
    };
    expect(await work(page, reading(notYet))).toEqual({ waitMs: 2_500, added: [] });
    expect(await world.show(ref)).toMatchObject({ waitingReason: 'why', read: 0 });
    await work(page, reading(notYet));
    expect(asked).toEqual([null, there]);
  });

  it('waits for the shop’s limit without being read', async () => {
    const { page, ref, shop } = await planned(10);
    const { requests } = shop.far.stats();
    const full: Limiter = {
      ...UNLIMITED,
      admit: () => Promise.resolve({ granted: false, waitMs: 1_500, reason: 'full' }),
    };
    expect(await work(page, { limiter: full })).toEqual({ waitMs: 1_500, added: [] });
    expect(await world.show(ref)).toMatchObject({ waitingReason: 'full' });
    expect(shop.far.stats().requests).toBe(requests);
  });
});

it('stores a page without the customers that PostgreSQL refuses, when the rule of what can be stored misses a value', async () => {
  const { page, ref, shop } = await planned(100);
  const [one, two] = shopCustomers(shop);
  await world.owner.query(
    `alter table customers add constraint missed_by_the_rule
       check (merchant_id <> '${page.merchantId}' or external_id not in ('${one!.externalId}', '${two!.externalId}')) not valid`,
  );
  try {
    expect(await work(page)).toEqual({ waitMs: 0, added: [] });
    expect(await finish(ref)).toMatchObject({
      status: 'completed_with_errors',
      read: 100,
      created: 98,
      failed: 2,
      rowErrors: { invalid_metadata: 2 },
    });
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop).slice(2));
    expect(await eventsOf(world, shop)).toHaveLength(98);
  } finally {
    await world.owner.query('alter table customers drop constraint missed_by_the_rule');
  }
});

describe('a page that fails', () => {
  const failingSince = async ({ importId, slice }: PageRef) =>
    (
      await world.owner.query<{ at: Date | null }>(
        'select failing_since as at from customer_import_slices where import_id = $1 and slice = $2',
        [importId, slice],
      )
    ).rows[0]!.at;
  /** Moves the first failure further into the past. */
  const age = ({ importId }: PageRef, seconds: number) =>
    world.owner.query(
      `update customer_import_slices set failing_since = failing_since - $2 * interval '1 second'
        where import_id = $1 and failing_since is not null`,
      [importId, seconds],
    );
  const failing = (error: Error) => reading(() => Promise.reject(error));
  const OUTAGE = new ShopifyUnavailable('HTTP 503', 300_000);

  // Each `work` call is a separate importer, which does not know the failures of others.
  it.each([
    ['an outage', OUTAGE, /could not be reached for too long/],
    ['an internal error', new TypeError('always the same'), /internal error kept recurring/],
  ])('fails its run after too long with %s, regardless of the importer', async (_what, error, message) => {
    const { page, ref } = await planned(100);
    expect((await work(page, failing(error))).waitMs).toBeGreaterThan(0);
    await age(page, 59);
    expect((await work(page, failing(error))).waitMs).toBeGreaterThan(0);
    await age(page, 2);
    expect(await work(page, failing(error))).toEqual({ waitMs: 0, added: [] });
    const run = await world.show(ref);
    expect(run).toMatchObject({ status: 'failed' });
    expect(run.error).toMatch(message);

    // Failures before a resume do not count after it.
    await world.resume(ref);
    const [again] = await claim();
    expect((await work(again!, failing(error))).waitMs).toBeGreaterThan(0);
    expect(await world.show(ref)).toMatchObject({ status: 'running' });
  });

  it('restarts its failure time once it has been read', async () => {
    const { page } = await planned(600);
    await work(page, failing(OUTAGE));
    expect(await failingSince(page)).not.toBeNull();
    await work(page);
    expect(await failingSince(page)).toBeNull();
  });

  it('does not count as failing while it waits for a limit', async () => {
    const { page } = await planned(100);
    const full: Limiter = {
      ...UNLIMITED,
      admit: () => Promise.resolve({ granted: false, waitMs: 1_500, reason: 'full' }),
    };
    await work(page, { limiter: full });
    await work(page, failing(new Throttled({ requested: 9, available: 0, maximum: 9, restoreRate: 1 })));
    expect(await failingSince(page)).toBeNull();
  });
});

describe('a 429', () => {
  it.each([
    ['with Retry-After', 'http429', 2_000],
    ['without Retry-After', 'http429-bare', 1_000],
  ] as const)(
    '%s keeps all slices of the shop waiting, and is counted',
    async (_what, kind, retryAfterMs) => {
      const { page, ref, shop } = await planned(10);
      const outcomes: Outcome[] = [];
      const limiter: Limiter = {
        ...UNLIMITED,
        settle: (_shop, _permit, outcome) => Promise.resolve(void outcomes.push(outcome)),
      };
      const metrics = createImporterMetrics(new Registry(), () => 0);
      shop.far.fault({ kind });
      expect(await work(page, { limiter, metrics })).toEqual({ waitMs: retryAfterMs, added: [] });
      expect(outcomes).toEqual([{ cost: null, retryAfterMs }]);
      expect((await metrics.throttled.get()).values).toMatchObject([{ value: 1 }]);
      const asked = `Shopify asks to wait ${retryAfterMs / 1_000}.0 s`;
      expect(await world.show(ref)).toMatchObject({ status: 'running', waitingReason: asked });
    },
  );
});

describe('a page that starts a bulk operation', () => {
  /** Requested points of listing the newest operations, of the access to emails, and of starting one. */
  const [LIST_COST, ACCESS_COST, START_COST] = [7, 14, 10];
  const starting = async () => {
    const shop = await world.connect(100);
    shop.far.bulk.pace.rowsPerSecond = 0;
    const ref = await world.start(shop, 'full', 'bulk');
    const [planning] = await claim();
    await work(planning!);
    const [page] = await claim();
    const before = shop.far.stats().requests;
    return { page: page!, ref, shop, sent: () => shop.far.stats().requests - before };
  };
  /** Records each requested limit. The second request is refused at first. */
  const busy = (whenBusy: () => Promise<unknown> = () => Promise.resolve()) => {
    const asked: Limit[] = [];
    const admit: Limiter['admit'] = async (shop, limit) => {
      asked.push(limit);
      if (asked.length !== 2) return UNLIMITED.admit(shop, limit);
      await whenBusy();
      return { granted: false, waitMs: 1, reason: 'full' };
    };
    return { asked, limiter: { ...UNLIMITED, admit } };
  };

  it('is admitted for each of its three requests, and waits for the second', async () => {
    const { page, sent, shop } = await starting();
    const { asked, limiter } = busy();
    await work(page, { limiter });
    expect(asked).toEqual(
      [LIST_COST, ACCESS_COST, ACCESS_COST, START_COST].map((cost) => ({ api: 'graphql', cost })),
    );
    expect(sent()).toBe(3);
    expect(shop.far.bulk.list()).toHaveLength(1);
  });

  it('starts nothing when its run is cancelled while it waits', async () => {
    const { page, ref, sent, shop } = await starting();
    const { limiter } = busy(async () => {
      await world.cancel(ref);
      await inTransaction(world.pool, (tx) => finishCancels(tx, world.ctx));
    });
    expect(await work(page, { limiter })).toEqual({ waitMs: 0, added: [] });
    expect(sent()).toBe(1);
    expect(shop.far.bulk.list()).toEqual([]);
  });
});

describe('a plan', () => {
  /** Admits one request per attempt. */
  const one = (): Limiter => {
    let left = 1;
    const full = { granted: false, waitMs: 700, reason: 'full' } as const;
    return {
      ...UNLIMITED,
      admit: (...asked) => (left-- > 0 ? UNLIMITED.admit(...asked) : Promise.resolve(full)),
    };
  };

  it('continues after the answered requests when only one request at a time is admitted', async () => {
    const shop = await world.connect(1_000);
    const ref = await world.start(shop);
    const [planning] = await claim();
    let attempts = 1;
    // Count, first and last date, two or three counting passes.
    while ((await work(planning!, { limiter: one() })).waitMs > 0 && attempts < 8) attempts += 1;
    expect(attempts).toBeGreaterThanOrEqual(3);
    expect(shop.far.stats().requests).toBe(attempts);
    expect((await world.show(ref)).expected).toBe(1_000);
    expect(await finish(ref)).toMatchObject({ status: 'completed', expected: 1_000, read: 1_000 });
  });
});

describe('a killed importer', () => {
  const KILLED = () => Promise.reject(new Error('killed'));
  // Nothing after the boundary happens, and the slice is claimed again when its lease has expired. For
  // processes that are really killed see main.spec.ts and npm run test:faults -- import.
  it.each<[string, () => More]>([
    ['before its request to the shop', () => ({ limiter: { ...UNLIMITED, admit: KILLED } })],
    ['during the reply', () => reading(KILLED)],
    ['after the reply', () => reading((...at) => nextReal(...at).then(KILLED))],
    ['in the transaction', () => ({ keys: { ...world.ctx.keys, findOrCreate: KILLED } })],
    ['after the commit, before the next job', () => ({ jobs: { add: KILLED } })],
  ])('%s: the run continues exactly', async (_boundary, broken) => {
    const { page, ref, shop } = await planned(600);
    await work(page, broken());
    await setLease(page, -1);
    expect(await finish(ref)).toMatchObject({ status: 'completed', expected: 600, read: 600, created: 600 });
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
    expect(await eventsOf(world, shop)).toHaveLength(600);
  });
});

describe('a refused token', () => {
  const tokens = (refresh: TokenKeeper['refresh']): Pick<More, 'tokens'> => ({
    tokens: { read: () => Promise.resolve('shpat_expired'), refresh },
  });

  it('is refreshed, and the page continues', async () => {
    const { page, ref, shop } = await planned(100);
    const refused: string[] = [];
    const fresh = tokens((_connection, token) => {
      refused.push(token);
      return Promise.resolve(shop.far.accessToken);
    });
    await work(page, fresh);
    expect(refused).toEqual(['shpat_expired']);
    expect(await world.show(ref)).toMatchObject({ read: 100 });
  });

  it.each([
    ['with a refused successor', () => Promise.resolve('shpat_wrong'), /refused the access token/],
    [
      'without a successor',
      () => Promise.reject(new Unauthorized()),
      /refused the access token\. Connect the shop again, then resume/,
    ],
  ])('%s fails the run with a clear message', async (_what, refresh, message) => {
    const { page, ref } = await planned(10);
    expect(await work(page, tokens(refresh))).toEqual({ waitMs: 0, added: [] });
    const run = await world.until(ref, 'finished', isFinished);
    expect(run).toMatchObject({ status: 'failed', read: 0 });
    expect(run.error).toMatch(message);
  });
});
