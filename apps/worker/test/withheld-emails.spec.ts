import { readEmail } from '@core/crypto';
import { inTransaction } from '@core/db';
import { storeCustomerAccess, type CustomerAccess } from '@core/domain';
import type { CustomerId, MerchantId } from '@core/contracts';
import type { Background } from '../src/background.ts';
import { eventsOf, openWorld, settled, startWorker, type Shop, type World } from './webhooks-support.ts';

// The webhooks of a shop that withholds emails have null in their place. It must not empty a stored email.

let world: World;
let worker: Background;
beforeAll(async () => {
  world = await openWorld();
  worker = startWorker(world);
});
afterAll(async () => {
  await worker?.close();
  await world?.close();
});

const emailsOf = async (merchantId: MerchantId) => {
  const { owner, ctx } = world.database;
  const { rows } = await owner.query<{
    id: CustomerId;
    external_id: string;
    email: string | null;
    version: number;
  }>('select * from customers where merchant_id = $1', [merchantId]);
  const read = ({ id, email }: (typeof rows)[0]) =>
    inTransaction(owner, (tx) => readEmail(tx, ctx.keys, { id, merchantId, email }));
  return Object.fromEntries(
    await Promise.all(rows.map(async (row) => [row.external_id, await read(row)] as const)),
  );
};
const learn = (merchantId: MerchantId, { domain: shop }: Shop, access: CustomerAccess) =>
  inTransaction(world.database.owner, (tx) => storeCustomerAccess(tx, { merchantId, shop, access }));
const edit = async (shop: Shop, id: string, patch: Parameters<Shop['edit']>[1]) => {
  world.clock.ms += 1_000;
  shop.edit(id, patch);
  await settled(world.database, shop);
};

it.each(['no_email', 'none'] as const)(
  'keep the stored email with the access %s, and store new customers',
  async (access) => {
    const { shop, merchantId } = await world.openShop();
    const [first] = [...shop.all()].map(({ id }) => id) as [string];
    await edit(shop, first, { email: 'ada@example.com' });

    shop.approval = 'no-fields';
    await learn(merchantId, shop, access);
    await edit(shop, first, { state: 'DISABLED' });
    shop.add(1);
    await settled(world.database, shop);
    const added = [...shop.all()].at(-1)!.id;
    expect(await emailsOf(merchantId)).toEqual({ [first]: 'ada@example.com', [added]: null });
    const outcomes = new Set((await eventsOf(world.database, shop)).map(({ outcome }) => outcome));
    expect(outcomes.has('failed')).toBe(false);

    shop.approval = 'full';
    await learn(merchantId, shop, 'all');
    await edit(shop, first, { email: null });
    expect((await emailsOf(merchantId))[first]).toBeNull();
  },
);
