import { waitUntil } from '@core/testing';
import {
  isFinished,
  openWorld,
  shopCustomers,
  storedCustomers,
  type ConnectedShop,
  type World,
} from './support.ts';

// A shop whose app lacks level 2 of protected customer data imports its customers without emails, and says
// so. A stored email survives each change of the approval.

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 12 })));
afterEach(() => world.reset());
afterAll(() => world.close());

const SOURCES = ['graphql', 'rest', 'bulk'] as const;
type Mode = 'full' | 'delta';

const runTo = async (
  shop: ConnectedShop,
  mode: Mode = 'full',
  source: (typeof SOURCES)[number] = 'graphql',
) => world.until(await world.start(shop, mode, source), 'finished', isFinished);
const withoutEmails = (customers: { email?: string | null | undefined }[]) =>
  customers.map((customer) => ({ ...customer, email: null }));
const accessOf = async ({ shop }: ConnectedShop) =>
  (
    await world.owner.query<{ customer_access: string | null }>(
      'select customer_access from shopify_connections where shop = $1',
      [shop],
    )
  ).rows[0]!.customer_access;

/** Withdraws the approval once the shop has returned so many whole pages. */
function loseAccessAfter(far: ConnectedShop['far'], pages: number): void {
  let seen = 0;
  far.bend = (body) => {
    const { customers, data } = body as {
      customers?: unknown[];
      data?: { customers?: { nodes?: unknown[] } };
    };
    if ((customers ?? data?.customers?.nodes)?.length === 250 && ++seen === pages) far.approval = 'no-fields';
    return body;
  };
}

/** Empties the emails of the first customers, and gives one to each of the others. */
function emptyFirst({ far }: ConnectedShop, n: number): void {
  for (let index = 0; index < far.customers; index++) {
    if (index < n) far.edit(far.get(index)!.id, { email: null });
    else if (far.get(index)!.email === null)
      far.edit(far.get(index)!.id, { email: `given.${index}@example.com` });
  }
}

describe.each(SOURCES)('through %s', (source) => {
  it('notices a loss, and brings a changed email later, although the first customers have none', async () => {
    world.startImporter();
    const shop = await world.connect(100);
    emptyFirst(shop, 30);
    await runTo(shop, 'full', source);
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop, source));
    shop.far.approval = 'no-fields';
    shop.far.edit(shop.far.get(60)!.id, { email: 'changed@example.com' });
    const { emailsWithheld } = await runTo(shop, 'full', source);
    expect([emailsWithheld, await accessOf(shop)]).toEqual([true, 'no_email']);
    shop.far.approval = 'full';
    expect(await runTo(shop, 'delta', source)).toMatchObject({
      mode: 'full',
      emailsWithheld: false,
      updated: 1,
    });
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop, source));

    shop.far.edit(shop.far.get(60)!.id, { email: null });
    await runTo(shop, 'full', source);
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop, source));
  });

  it('takes no null for a value while the shop does not tell', async () => {
    world.startImporter();
    const shop = await world.connect(40);
    await runTo(shop, 'full', source);
    const emails = (await storedCustomers(world, shop)).map(({ email }) => email);
    const given = Array.from({ length: 40 }, (_, index) => shop.far.get(index)!);
    for (const { id } of given) shop.far.edit(id, { email: null });
    const run = await runTo(shop, 'full', source);
    // GraphQL refuses what it withholds, so its null is true.
    const isKnown = source === 'graphql';
    expect(run).toMatchObject({ status: 'completed', read: 40, emailsWithheld: !isKnown });
    expect((await storedCustomers(world, shop)).map(({ email }) => email)).toEqual(
      isKnown ? emails.map(() => null) : emails,
    );
    for (const { id, email } of given) shop.far.edit(id, { email });
    const after = await runTo(shop, 'delta', source);
    expect(after).toMatchObject({ mode: isKnown ? 'delta' : 'full', emailsWithheld: false });
  });

  it('imports customers without emails, and all emails once access is granted', async () => {
    world.startImporter();
    const shop = await world.connect(600);
    shop.far.approval = 'no-fields';
    const run = await runTo(shop, 'full', source);
    expect(run).toMatchObject({ status: 'completed', read: 600, created: 600, rowErrors: {}, error: null });
    expect(run.emailsWithheld).toBe(true);
    expect(await accessOf(shop)).toBe('no_email');
    expect(await storedCustomers(world, shop)).toEqual(withoutEmails(shopCustomers(shop, source)));

    const delta = await runTo(shop, 'delta', source);
    expect(delta).toMatchObject({ status: 'completed', mode: 'delta', emailsWithheld: true });

    shop.far.approval = 'full';
    const regained = await runTo(shop, 'delta', source);
    expect(regained).toMatchObject({ status: 'completed', mode: 'full', emailsWithheld: false, read: 600 });
    expect(await accessOf(shop)).toBe('all');
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop, source));
    expect(await runTo(shop, 'delta', source)).toMatchObject({ mode: 'delta', emailsWithheld: false });
  });

  it('keeps stored emails when access is lost between two runs', async () => {
    world.startImporter();
    const shop = await world.connect(300);
    await runTo(shop, 'full', source);
    const stored = await storedCustomers(world, shop);
    shop.far.approval = 'no-fields';
    expect(await runTo(shop, 'full', source)).toMatchObject({
      status: 'completed',
      unchanged: 300,
      updated: 0,
    });
    expect(await storedCustomers(world, shop)).toEqual(stored);
    for (const { externalId } of shopCustomers(shop, source).slice(0, 5))
      shop.far.edit(externalId, { tags: ['new'] });
    expect(await runTo(shop, 'delta', source)).toMatchObject({ status: 'completed', updated: 5 });
    const emails = (await storedCustomers(world, shop)).map(({ email }) => email);
    expect(emails).toEqual(stored.map(({ email }) => email));
  });

  it('keeps stored emails when access is lost while it reads', async () => {
    world.startImporter();
    const shop = await world.connect(2_500);
    await runTo(shop);
    const stored = await storedCustomers(world, shop);
    if (source === 'bulk') shop.far.bulk.pace.rowsPerSecond = 0;
    else loseAccessAfter(shop.far, 2);
    const ref = await world.start(shop, 'full', source);
    if (source === 'bulk') {
      await waitUntil(() => shop.far.bulk.list().length > 0, { what: 'the operation to start' });
      shop.far.approval = 'no-fields';
      shop.far.bulk.pace.rowsPerSecond = Infinity;
    }
    const run = await world.until(ref, 'finished', isFinished);
    expect(run).toMatchObject({ status: 'completed', emailsWithheld: true, read: 2_500, updated: 0 });
    expect(await accessOf(shop)).toBe('no_email');
    expect(await storedCustomers(world, shop)).toEqual(stored);
  });
});

it('verifies single ids without emails', async () => {
  world.startImporter();
  const shop = await world.connect(30);
  await runTo(shop);
  const [first, second] = shopCustomers(shop);
  await world.owner.query('delete from customers where merchant_id = $1 and external_id = $2', [
    shop.merchantId,
    second!.externalId,
  ]);
  shop.far.remove(first!.externalId);
  shop.far.approval = 'no-fields';
  expect(await runTo(shop)).toMatchObject({
    status: 'completed',
    deleted: 1,
    created: 1,
    emailsWithheld: true,
  });
});

it('completes for an empty shop, which does not tell', async () => {
  world.startImporter();
  const shop = await world.connect(0);
  shop.far.approval = 'no-fields';
  expect(await runTo(shop)).toMatchObject({ status: 'completed', emailsWithheld: false });
  expect(await accessOf(shop)).toBeNull();
  shop.far.add(3);
  expect(await runTo(shop, 'delta')).toMatchObject({ status: 'completed', emailsWithheld: true, created: 3 });
});

it('fails without level 1, says so for the shop as well, and continues once it is granted', async () => {
  world.startImporter();
  const shop = await world.connect(3);
  shop.far.approval = 'none';
  const ref = await world.start(shop);
  expect(await world.until(ref, 'finished', isFinished)).toMatchObject({
    status: 'failed',
    error: expect.stringMatching(/does not let this app read customers\. .*level 1/) as string,
  });
  expect(await accessOf(shop)).toBe('none');
  shop.far.approval = 'full';
  await world.resume(ref);
  expect(await world.until(ref, 'finished', isFinished)).toMatchObject({ status: 'completed', read: 3 });
  expect(await accessOf(shop)).toBe('all');
});
