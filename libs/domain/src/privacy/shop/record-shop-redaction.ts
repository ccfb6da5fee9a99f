import type { MerchantId } from '@core/contracts';
import type { Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import {
  lockInstallation,
  makeCheckDue,
  takeRedaction,
  type RedactedGeneration,
} from '../../imports/index.ts';
import { supersedeShopRedaction } from '../requests/cancel-privacy-request.ts';
import { recordPrivacyRequest } from '../requests/record-privacy-request.ts';
import { judgeRedaction } from './judge-redaction.ts';

/**
 * Returns the installation of the app that a shop/redact is about, once for each.
 * @param shopId absent: the installation is not known, and the request is about the current one
 * @param at when Shopify triggered the webhook
 * @returns null for a second delivery
 */
export async function assignShopRedaction(
  tx: Tx,
  { shopId, at }: { shopId: string | undefined; at: Date },
): Promise<(RedactedGeneration & { at: Date }) | null> {
  if (shopId === undefined) return { isExact: false, at };
  await lockInstallation(tx, { shopId });
  const taken = await takeRedaction(tx, { shopId, at });
  return taken && { ...taken, at };
}

export interface RecordShopRedaction {
  merchantId: MerchantId;
  requestId: string;
  shop: string;
  /** As assignShopRedaction returned it; absent: not known. */
  generation?: number | undefined;
  isExact?: boolean | undefined;
  /** When Shopify triggered the webhook. */
  at?: Date | undefined;
}

/**
 * Records a shop/redact. Shopify sends it 48 hours after an uninstall, and knows nothing of an installation
 * since: a request about an earlier installation is recorded, and cancelled at once. A shop that seems to be
 * connected is asked by the next check of its webhooks, while the request waits.
 * @returns whether the request is to be carried out and was not known before
 */
export async function recordShopRedaction(
  tx: Tx,
  ctx: CommandContext,
  request: RecordShopRedaction,
): Promise<boolean> {
  const { recorded } = await recordPrivacyRequest(tx, ctx, { ...request, kind: 'shop_redact' });
  if (!recorded) return false;
  const judgement = await judgeRedaction(tx, request);
  if (judgement === 'superseded') await supersedeShopRedaction(tx, ctx, request);
  if (judgement === 'unanswered') await makeCheckDue(tx, request);
  return judgement !== 'superseded';
}
