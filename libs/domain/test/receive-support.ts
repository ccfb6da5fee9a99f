import type { Pool } from 'pg';
import { inTransaction, poolReader } from '@core/db';
import {
  findShopOfWebhook,
  receiveWebhook,
  type CommandContext,
  type ReceiveWebhook,
  type WebhookShop,
} from '../src/index.ts';

export type SentWebhook = WebhookShop & Omit<ReceiveWebhook, 'merchantId' | keyof WebhookShop>;

/**
 * Receives a webhook as the api does: looks up its merchant, and stores it in a transaction of that merchant.
 */
export async function receive(
  pool: Pool,
  ctx: CommandContext,
  { shop, shopId, shopIdFinds, ...event }: SentWebhook,
) {
  const of = await findShopOfWebhook(poolReader(pool), { shop, shopId, shopIdFinds });
  if (typeof of === 'string') return of;
  const { merchantId } = of;
  return inTransaction(pool, (tx) => receiveWebhook(tx, ctx, { ...event, ...of }), { merchantId });
}
