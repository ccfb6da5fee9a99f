import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ShopStatus, type MerchantId, type SegmentSyncSchema, type ShopSchema } from '@core/contracts';
import { grantSegmentScope, type MerchantShop, type SegmentSync } from '@core/domain';
import { IMPORT_SCOPES, missingScopes, SEGMENT_SCOPES } from '@core/shopify';

export function presentShop(
  merchantId: MerchantId,
  { shop, generation, scopes, plan, provenAt, endedAt, segmentSync, ...rest }: MerchantShop,
): MessageInitShape<typeof ShopSchema> {
  const needed = segmentSync ? SEGMENT_SCOPES : IMPORT_SCOPES;
  const missing = scopes && rest.connected ? missingScopes(scopes, needed) : [];
  return {
    merchantId,
    shop,
    status: statusOf(rest),
    plan: plan ?? '',
    scopes: scopes ?? [],
    missingScopes: missing,
    notes: missing.map((scope) => NOTES[scope] ?? `The shop has not granted the access scope ${scope}.`),
    installation: generation,
    connectedAt: provenAt ? timestampFromDate(provenAt) : undefined,
    endedAt: endedAt && !rest.connected ? timestampFromDate(endedAt) : undefined,
    segmentSync: presentSegmentSync(segmentSync),
  };
}

const presentSegmentSync = (sync: SegmentSync | null): MessageInitShape<typeof SegmentSyncSchema> => ({
  enabled: sync?.enabled ?? false,
  written: BigInt(sync?.written ?? 0),
  refused: BigInt(sync?.refused ?? 0),
  lastCompletedAt: sync?.completedAt ? timestampFromDate(sync.completedAt) : undefined,
  lastError: sync?.lastError ?? '',
});

/** The loss of the merchant without a scope, and the remedy. */
const NOTES: Readonly<Record<string, string>> = {
  read_customers:
    'The app may not read the customers of this shop, so imports fail. Open the app in Shopify and accept its permissions.',
  read_customer_merge:
    'Shopify does not report merged customers to the app, so they stay separate until the next import. ' +
    'Open the app in Shopify and accept its permissions.',
  write_customers: grantSegmentScope,
};

function statusOf({
  connected,
  shopId,
  endReason,
}: Pick<MerchantShop, 'connected' | 'shopId' | 'endReason'>): ShopStatus {
  if (connected) return shopId === null ? ShopStatus.UNPROVEN : ShopStatus.CONNECTED;
  return endReason === 'uninstalled' ? ShopStatus.UNINSTALLED : ShopStatus.DISCONNECTED;
}
