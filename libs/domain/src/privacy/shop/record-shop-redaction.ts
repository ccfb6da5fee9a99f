import type { MerchantId } from '@core/contracts';
import type { Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { lockInstallation, takeRedaction } from '../../imports/index.ts';
import { supersedeShopRedaction } from '../requests/cancel-privacy-request.ts';
import { recordPrivacyRequest } from '../requests/record-privacy-request.ts';
import { isSuperseded } from './is-superseded.ts';

export interface RecordShopRedaction {
  merchantId: MerchantId;
  requestId: string;
  shop: string;
  /** The shop's number; absent: the installation is not known, and the request is about the current one. */
  shopId: string | undefined;
}

/**
 * Records a shop/redact. Shopify sends it 48 hours after an uninstall, and knows nothing of an installation
 * since: a request about an earlier installation is recorded, and cancelled at once.
 * @returns whether the request is to be carried out and was not known before
 */
export async function recordShopRedaction(
  tx: Tx,
  ctx: CommandContext,
  { shopId, ...request }: RecordShopRedaction,
): Promise<boolean> {
  if (shopId !== undefined) await lockInstallation(tx, { shopId });
  const generation = shopId === undefined ? undefined : await takeRedaction(tx, { shopId });
  const { recorded } = await recordPrivacyRequest(tx, ctx, { ...request, generation, kind: 'shop_redact' });
  if (!recorded) return false;
  if (!(await isSuperseded(tx, { ...request, generation }))) return true;
  await supersedeShopRedaction(tx, ctx, request);
  return false;
}
