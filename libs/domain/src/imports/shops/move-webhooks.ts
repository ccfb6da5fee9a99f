import { KeyError, type Tx } from '@core/db';
import { openWebhookBody, sealWebhookBody, type CommandContext } from '../../core/index.ts';
import type { ShopConnection } from '../access-token.ts';

/**
 * Gives the webhooks of a shop that are held with their body, because they wait or were given up, its new name: bodies
 * are sealed for it anew, and a redaction or a rotation of keys finds them by it. Those that are done keep the former
 * name: nothing is held of them.
 * @returns how many
 */
export async function moveWebhooks(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, shop }: ShopConnection,
  newShop: string,
): Promise<number> {
  const held = await tx.query<{ id: string; topic: string; eventId: string; body: string }>(
    `select id, topic, event_id as "eventId", body from webhook_events w
      where merchant_id = $1 and shop = $2 and body is not null
        and not exists (select from webhook_events other
                         where other.shop = $3 and other.topic = w.topic and other.event_id = w.event_id)
      order by id for update`,
    [merchantId, shop, newShop],
  );
  if (held.length === 0) return 0;
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const moved: { id: string; body: string }[] = [];
  for (const { id, topic, eventId, body } of held) {
    try {
      const plain = await openWebhookBody(tx, ctx.keys, { merchantId, shop, topic, eventId, body });
      moved.push({ id, body: sealWebhookBody(keys, { merchantId, shop: newShop, topic, eventId }, plain) });
    } catch (error) {
      // Its key is missing: it waits for that under its former name.
      if (!(error instanceof KeyError)) throw error;
    }
  }
  await tx.query(
    `update webhook_events w set shop = $2, body = moved.body
       from unnest($3::uuid[], $4::text[]) as moved (id, body)
      where w.merchant_id = $1 and w.id = moved.id`,
    [merchantId, newShop, moved.map(({ id }) => id), moved.map(({ body }) => body)],
  );
  return moved.length;
}
