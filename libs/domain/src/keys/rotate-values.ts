import { and, asc, eq, gt, inArray, sql, type SQL } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { decrypt, encryptValue, KeyError, splitEncrypted } from '@core/crypto';
import {
  build,
  limit,
  many,
  oneOf,
  shopifyConnections,
  statement,
  text,
  webhookEvents,
  type Tx,
} from '@core/db';
import { webhookContext } from '../core/index.ts';
import { tokenContext } from '../imports/index.ts';
import type { RotationKeys } from './rotate-emails.ts';

/** Values of older generations found outside of customers. */
export interface RotatedValues {
  older: number;
  rotated: number;
  /**
   * Values that cannot be decrypted, such as `access token of example.myshopify.com`; they stay as they are.
   */
  unreadable: string[];
}

const { merchantId, shop, accessToken, refreshToken } = shopifyConnections;

const LOCK_TOKENS = statement({
  params: { merchantId },
  row: { shop, access: accessToken, refresh: refreshToken },
  text: (p, row) =>
    build
      .select(row)
      .from(shopifyConnections)
      .where(eq(merchantId, p.merchantId))
      .orderBy(asc(shop))
      .for('update'),
});

const STORE_TOKENS = statement({
  params: { merchantId, shop, accessToken, refreshToken },
  text: (p) =>
    build
      .update(shopifyConnections)
      .set({ accessToken: p.accessToken, refreshToken: p.refreshToken })
      .where(and(eq(merchantId, p.merchantId), eq(shop, p.shop))),
});

/** Re-encrypts a merchant's access and refresh tokens. */
export async function rotateTokens(
  tx: Tx,
  merchantId: MerchantId,
  keys: RotationKeys,
): Promise<RotatedValues> {
  const connections = await tx.run(LOCK_TOKENS, { merchantId });
  const found: RotatedValues = { older: 0, rotated: 0, unreadable: [] };
  for (const { shop, access, refresh } of connections) {
    const renew = <V extends string | null>(kind: 'access' | 'refresh', value: V) =>
      reencrypted(keys, value, tokenContext({ merchantId, shop }, kind), `${kind} token of ${shop}`, found);
    const tokens = { accessToken: renew('access', access), refreshToken: renew('refresh', refresh) };
    await tx.run(STORE_TOKENS, { merchantId, shop, ...tokens });
  }
  return found;
}

/** Selects by shop, because webhooks are indexed by it; none is stored for a shop that is not connected. */
export const isWebhookOf = (merchant: SQL): SQL | undefined =>
  and(
    inArray(
      webhookEvents.shop,
      build.select({ shop }).from(shopifyConnections).where(eq(merchantId, merchant)),
    ),
    eq(webhookEvents.merchantId, merchant),
  );

const LOCK_WEBHOOKS = statement({
  params: { merchantId, after: webhookEvents.id, most: limit, generations: many(text) },
  row: {
    id: webhookEvents.id,
    shop: webhookEvents.shop,
    topic: webhookEvents.topic,
    eventId: webhookEvents.eventId,
    body: webhookEvents.body,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(webhookEvents)
      .where(
        and(
          isWebhookOf(p.merchantId),
          gt(webhookEvents.id, p.after),
          oneOf(sql`split_part(${webhookEvents.body}, '.', 1)`, p.generations),
        ),
      )
      .orderBy(asc(webhookEvents.id))
      .limit(p.most)
      .for('update', { skipLocked: true }),
});

const STORE_WEBHOOK = statement({
  params: { merchantId, id: webhookEvents.id, body: webhookEvents.body },
  text: (p) =>
    build
      .update(webhookEvents)
      .set({ body: p.body })
      .where(and(eq(webhookEvents.merchantId, p.merchantId), eq(webhookEvents.id, p.id))),
});

/** Re-encrypts a page of a merchant's webhooks; rows that other transactions hold are skipped. */
export async function rotateWebhooks(
  tx: Tx,
  merchantId: MerchantId,
  keys: RotationKeys,
  page: { after: string; limit: number },
): Promise<RotatedValues & { next: string | null }> {
  const webhooks = await tx.run(LOCK_WEBHOOKS, {
    merchantId,
    after: page.after,
    most: page.limit,
    generations: keys.older.map(({ generation }) => String(generation)),
  });
  const found: RotatedValues = { older: 0, rotated: 0, unreadable: [] };
  for (const { id, shop, topic, eventId, body } of webhooks) {
    const context = webhookContext({ merchantId, shop, topic, eventId });
    const renewed = reencrypted(keys, body, context, `webhook ${id}`, found);
    await tx.run(STORE_WEBHOOK, { merchantId, id, body: renewed });
  }
  return { ...found, next: webhooks.length === page.limit ? (webhooks.at(-1)?.id ?? null) : null };
}

/** Re-encrypts a value of an older generation with the newest key; others and undecryptable ones stay. */
function reencrypted<V extends string | null>(
  { older, newest }: RotationKeys,
  value: V,
  context: string,
  what: string,
  found: RotatedValues,
): V | string {
  if (value === null) return value;
  const { generation, encrypted } = splitEncrypted(value);
  const from = older.find((keys) => String(keys.generation) === generation);
  if (!from) return value;
  found.older++;
  try {
    const renewed = encryptValue(newest, decrypt(from.dataKey, encrypted, context), context);
    found.rotated++;
    return renewed;
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    found.unreadable.push(what);
    return value;
  }
}
