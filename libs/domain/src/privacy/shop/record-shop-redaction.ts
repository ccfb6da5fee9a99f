import type { MerchantId } from '@core/contracts';
import type { Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { lockInstallation, recordUninstall, takeRedaction } from '../../imports/index.ts';
import { supersedeShopRedaction } from '../requests/cancel-privacy-request.ts';
import { recordPrivacyRequest } from '../requests/record-privacy-request.ts';
import { isSuperseded } from './is-superseded.ts';

/** Shopify sends shop/redact 48 hours after the uninstall. */
const REDACTED_AFTER_MS = 48 * 3_600_000;

export interface AssignShopRedaction {
  merchantId: MerchantId;
  shop: string;
  /** Absent: the installation is not known, and the request is about the current one. */
  shopId: string | undefined;
  /** When Shopify triggered the webhook. */
  at: Date;
}

/**
 * Returns the installation of the app that a shop/redact is about, once for each. If its uninstall is not
 * known, the webhook was lost. It is recorded now: the merchant may have connected the shop again since.
 * @returns null for a second delivery
 */
export async function assignShopRedaction(
  tx: Tx,
  { shopId, at, ...shop }: AssignShopRedaction,
): Promise<{ generation?: number } | null> {
  if (shopId === undefined) return {};
  await lockInstallation(tx, { shopId });
  let generation = await takeRedaction(tx, { shopId, at });
  if (generation === undefined) {
    await recordUninstall(tx, { ...shop, shopId, at: new Date(at.getTime() - REDACTED_AFTER_MS) });
    generation = await takeRedaction(tx, { shopId, at });
  }
  return generation === null ? null : { ...(generation !== undefined && { generation }) };
}

export interface RecordShopRedaction {
  merchantId: MerchantId;
  requestId: string;
  shop: string;
  /** As assignShopRedaction returned it; absent: not known. */
  generation?: number | undefined;
}

/**
 * Records a shop/redact. Shopify sends it 48 hours after an uninstall, and knows nothing of an installation
 * since: a request about an earlier installation is recorded, and cancelled at once.
 * @returns whether the request is to be carried out and was not known before
 */
export async function recordShopRedaction(
  tx: Tx,
  ctx: CommandContext,
  request: RecordShopRedaction,
): Promise<boolean> {
  const { recorded } = await recordPrivacyRequest(tx, ctx, { ...request, kind: 'shop_redact' });
  if (!recorded) return false;
  if (!(await isSuperseded(tx, request))) return true;
  await supersedeShopRedaction(tx, ctx, request);
  return false;
}
