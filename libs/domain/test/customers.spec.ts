import { externalIdOf } from '@core/contracts';
import { aCustomerId } from '@core/testing';
import { createCustomer, updateCustomer } from '../src/index.ts';
import { auditOf, emailOf, eventsOf, merchant, openWorld, rowsOf, type World } from './support.ts';

let world: World;
beforeAll(async () => (world = await openWorld('core_api')));
afterAll(() => world.close());

const create = (input: Parameters<typeof createCustomer>[2]) =>
  world.run((tx, ctx) => createCustomer(tx, ctx, input), input.merchantId);
const update = (input: Parameters<typeof updateCustomer>[2]) =>
  world.run((tx, ctx) => updateCustomer(tx, ctx, input), input.merchantId);

describe('createCustomer', () => {
  it('stores the email encrypted, emits customer.created and audits', async () => {
    const merchantId = merchant();
    const { customerId, created } = await create({
      merchantId,
      email: ' Ada@Example.com ',
      metadata: { tier: 1 },
    });
    const [row] = await rowsOf(world, merchantId);
    expect([created, row!.id]).toEqual([true, customerId]);
    expect(row!.email).not.toContain('ada');
    expect(await emailOf(world, merchantId, row!)).toBe('Ada@Example.com');
    expect(await eventsOf(world, merchantId)).toEqual([
      {
        topic: 'customer.created',
        customer_id: customerId,
        version: 1,
        changed_fields: ['email', 'metadata'],
        origin: 'api',
      },
    ]);
    expect(await auditOf(world, merchantId)).toMatchObject([
      { action: 'customer.create', actor: 'spec', customer_id: customerId },
    ]);
  });

  it('finds a known email in any spelling, ignores metadata and emits no further event', async () => {
    const merchantId = merchant();
    const first = await create({ merchantId, email: 'ada@example.com' });
    const second = await create({ merchantId, email: 'ADA@example.com', metadata: { tier: 2 } });
    expect(second).toEqual({ customerId: first.customerId, created: false });
    expect(await eventsOf(world, merchantId)).toHaveLength(1);
    expect((await rowsOf(world, merchantId))[0]!.metadata).toEqual({});
  });

  it('creates one customer for 200 concurrent calls', async () => {
    const merchantId = merchant();
    const all = await Promise.all(
      Array.from({ length: 200 }, () => create({ merchantId, email: 'ada@example.com' })),
    );
    expect(new Set(all.map((one) => one.customerId)).size).toBe(1);
    expect(all.filter((one) => one.created)).toHaveLength(1);
    expect(await rowsOf(world, merchantId)).toHaveLength(1);
  });

  it('attaches external_id where there is none, and refuses a different one', async () => {
    const merchantId = merchant();
    const { customerId } = await create({ merchantId, email: 'ada@example.com' });
    expect(await create({ merchantId, email: 'ada@example.com', externalId: externalIdOf('x1') })).toEqual({
      customerId,
      created: false,
    });
    expect(await create({ merchantId, email: 'ada@example.com', externalId: externalIdOf('x1') })).toEqual({
      customerId,
      created: false,
    });
    await expect(
      create({ merchantId, email: 'ada@example.com', externalId: externalIdOf('x2') }),
    ).rejects.toMatchObject({
      kind: 'already_exists',
      field: 'external_id',
    });
    await expect(
      create({ merchantId, email: 'bob@example.com', externalId: externalIdOf('x1') }),
    ).rejects.toMatchObject({
      kind: 'already_exists',
    });
    expect((await eventsOf(world, merchantId)).map((event) => [event.version, event.changed_fields])).toEqual(
      [
        [1, ['email']],
        [2, ['external_id']],
      ],
    );
  });
});

describe('updateCustomer', () => {
  it('writes the differences and emits one event; a repetition changes nothing', async () => {
    const merchantId = merchant();
    const { customerId } = await create({ merchantId, email: 'ada@example.com' });
    const change = {
      merchantId,
      customerId,
      email: 'ada.l@example.com',
      metadata: { tier: 1 },
      externalId: externalIdOf('x1'),
    };
    expect(await update(change)).toMatchObject({ version: 2, metadata: { tier: 1 }, externalId: 'x1' });
    expect(await update(change)).toMatchObject({ version: 2 });
    const [row] = await rowsOf(world, merchantId);
    expect(await emailOf(world, merchantId, row!)).toBe('ada.l@example.com');
    expect((await eventsOf(world, merchantId)).map((event) => event.changed_fields)).toEqual([
      ['email'],
      ['email', 'metadata', 'external_id'],
    ]);
  });

  it.each([
    ['email', { email: 'BOB@example.com' }],
    ['external_id', { externalId: externalIdOf('bob-1') }],
  ])('refuses another customer’s %s', async (field, change) => {
    const merchantId = merchant();
    await create({ merchantId, email: 'bob@example.com', externalId: externalIdOf('bob-1') });
    const { customerId } = await create({ merchantId, email: 'ada@example.com' });
    await expect(update({ merchantId, customerId, ...change })).rejects.toMatchObject({
      kind: 'already_exists',
      field,
    });
  });

  it('finds neither an unknown customer nor another merchant’s', async () => {
    const merchantId = merchant();
    const { customerId } = await create({ merchantId, email: 'ada@example.com' });
    const unknown = update({ merchantId, customerId: aCustomerId(), metadata: {} });
    await expect(unknown).rejects.toMatchObject({ kind: 'not_found' });
    const foreign = update({ merchantId: merchant(), customerId, metadata: {} });
    await expect(foreign).rejects.toMatchObject({ kind: 'not_found' });
  });
});
