import { and, asc, isNotNull, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { KeyError } from '@core/crypto';
import { assign, build, many, statement, text, unnest, webhookEvents, type Tx } from '@core/db';
import { decryptWebhookBody, encryptWebhookBody, type CommandContext } from '../../core/index.ts';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

const other = alias(webhookEvents, 'other');

const LOCK_HELD = statement({
  params: { ...SHOP, newShop: SHOP.shop },
  row: {
    id: webhookEvents.id,
    topic: webhookEvents.topic,
    eventId: webhookEvents.eventId,
    body: sql<string>`${webhookEvents.body}`,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(webhookEvents)
      .where(
        and(
          ofShop(webhookEvents, p),
          isNotNull(webhookEvents.body),
          sql`not exists (select from ${webhookEvents} as ${other}
                           where ${other.merchantId} = ${p.merchantId} and ${other.shop} = ${p.newShop} and ${other.topic} = ${webhookEvents.topic}
                             and ${other.eventId} = ${webhookEvents.eventId})`,
        ),
      )
      .orderBy(asc(webhookEvents.id))
      .for('update'),
});

const MOVE = statement({
  params: {
    merchantId: SHOP.merchantId,
    newShop: SHOP.shop,
    ids: many(webhookEvents.id),
    bodies: many(text),
  },
  text(p) {
    const moved = unnest('moved', { id: p.ids, body: p.bodies });
    return sql`
      update ${webhookEvents} set ${assign(webhookEvents, { shop: p.newShop, body: moved.body })}
        from ${moved}
       where ${webhookEvents.merchantId} = ${p.merchantId} and ${webhookEvents.id} = ${moved.id}`;
  },
});

/**
 * Gives a shop's webhooks that still hold their body, because they wait or were given up, its new name.
 * Bodies are encrypted again for the new name, under which a redaction or a key rotation finds them.
 * Completed webhooks keep the former name, because they hold no body.
 * @returns how many were moved
 */
export async function moveWebhooks(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, shop }: ShopConnection,
  newShop: string,
): Promise<number> {
  const held = await tx.run(LOCK_HELD, { merchantId, shop, newShop });
  if (held.length === 0) return 0;
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const moved: { id: string; body: string }[] = [];
  for (const { id, topic, eventId, body } of held) {
    try {
      const plain = await decryptWebhookBody(tx, ctx, { merchantId, shop, topic, eventId, body });
      moved.push({
        id,
        body: encryptWebhookBody(keys, { merchantId, shop: newShop, topic, eventId }, plain),
      });
    } catch (error) {
      // Its key is missing: the webhook waits for the key under its former name.
      if (!(error instanceof KeyError)) throw error;
    }
  }
  await tx.run(MOVE, {
    merchantId,
    newShop,
    ids: moved.map(({ id }) => id),
    bodies: moved.map(({ body }) => body),
  });
  return moved.length;
}
