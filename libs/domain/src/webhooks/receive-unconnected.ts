import type { Tx } from '@core/db';
import { addUninstall, lockInstallation, takeRedaction } from '../imports/index.ts';
import { findShopOfWebhook, type WebhookShop } from './find-shop-of-webhook.ts';
import type { WebhookTopic } from './topics.ts';

export interface UnconnectedWebhook extends WebhookShop {
  shopId: string;
  topic: WebhookTopic;
  /** When the event happened. */
  at: Date;
}

/**
 * Records what a webhook says about the installation of the app in a shop that no merchant has connected. A
 * merchant may be connecting it at this moment, and the shop may be installed again later.
 * @returns connected when a merchant has connected the shop meanwhile: the webhook is then that merchant's
 */
export async function receiveUnconnected(
  tx: Tx,
  { topic, at, ...shop }: UnconnectedWebhook,
): Promise<'recorded' | 'connected'> {
  const { shopId } = shop;
  await lockInstallation(tx, { shopId });
  if ((await findShopOfWebhook(tx, shop)) !== 'unknown_shop') return 'connected';
  if (topic === 'app/uninstalled') await addUninstall(tx, { shopId, at });
  if (topic === 'shop/redact') await takeRedaction(tx, { shopId, at });
  return 'recorded';
}
