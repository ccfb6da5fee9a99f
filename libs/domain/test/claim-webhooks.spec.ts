import { randomUUID } from 'node:crypto';
import { finishWebhook, claimWebhooks } from '../src/index.ts';
import { newShop, openPrivacy, type PrivacyWorld } from './privacy-support.ts';

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

it('claims the webhooks of one merchant at a time, oldest first, even if two have the same shop', async () => {
  const shop = newShop();
  const [first, second] = [randomUUID(), randomUUID()];
  const sent: string[] = [];
  for (const merchantId of [first, second, first, second]) {
    const eventId = randomUUID();
    sent.push(eventId);
    await world.owner.query(
      `insert into webhook_events (merchant_id, shop, topic, event_id, body) values ($1, $2, 'customers/update', $3, '1.encrypted')`,
      [merchantId, shop, eventId],
    );
  }
  const take = () =>
    world.as('worker', async (tx) => {
      const taken = await claimWebhooks(tx, { most: 10 });
      for (const { merchantId, id } of taken) await finishWebhook(tx, { merchantId, id, outcome: 'ignored' });
      return taken.map(({ eventId }) => eventId);
    });
  const both = [await take(), await take()].sort((a, b) => sent.indexOf(a[0]!) - sent.indexOf(b[0]!));
  expect(both).toEqual([
    [sent[0], sent[2]],
    [sent[1], sent[3]],
  ]);
  expect(await take()).toEqual([]);
});
