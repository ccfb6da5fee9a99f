import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ShopStatus, type MerchantId, type SegmentSyncSchema, type ShopSchema } from '@core/contracts';
import { grantSegmentScope, type MerchantShop, type SegmentSync } from '@core/domain';
import { EMAILS_LEFT_OUT, IMPORT_SCOPES, missingScopes, SEGMENT_SCOPES } from '@core/shopify';
import type { InstallApp } from '../install/install-app.ts';

/** @param app absent: the app is not configured */
export function presentShop(
  merchantId: MerchantId,
  {
    shop,
    generation,
    scopes,
    plan,
    timeZone,
    customerAccess,
    refusedAt,
    provenAt,
    endedAt,
    webhookProblems,
    segmentSync,
    ...rest
  }: MerchantShop,
  app?: Pick<InstallApp, 'grantUrlOf'>,
): MessageInitShape<typeof ShopSchema> {
  const needed = segmentSync?.enabled ? SEGMENT_SCOPES : IMPORT_SCOPES;
  const lacks = (some: readonly string[]) => (scopes && rest.connected ? missingScopes(scopes, some) : []);
  const missing = lacks(needed);
  return {
    merchantId,
    shop,
    status: statusOf(rest),
    plan: plan ?? '',
    timeZone: timeZone ?? '',
    scopes: scopes ?? [],
    missingScopes: missing,
    notes: [
      ...(refusedAt && rest.connected ? [TOKEN_REFUSED] : []),
      ...missing.map((scope) => NOTES[scope] ?? `The shop has not granted the access scope ${scope}.`),
      ...(customerAccess && rest.connected ? ACCESS_NOTES[customerAccess] : []),
      ...(rest.connected ? webhookNotes(webhookProblems ?? []) : []),
      ...(segmentSync?.isSettling ? [SETTLING] : []),
    ],
    installation: generation,
    connectedAt: provenAt ? timestampFromDate(provenAt) : undefined,
    endedAt: endedAt && !rest.connected ? timestampFromDate(endedAt) : undefined,
    segmentSync: presentSegmentSync(segmentSync),
    grantScopesUrl: (lacks(SEGMENT_SCOPES).length > 0 && app?.grantUrlOf(shop)) || '',
    accessRefusedAt: refusedAt && rest.connected ? timestampFromDate(refusedAt) : undefined,
  };
}

const presentSegmentSync = (sync: SegmentSync | null): MessageInitShape<typeof SegmentSyncSchema> => ({
  enabled: sync?.enabled ?? false,
  written: BigInt(sync?.written ?? 0),
  refused: BigInt(sync?.refused ?? 0),
  lastCompletedAt: sync?.completedAt ? timestampFromDate(sync.completedAt) : undefined,
  lastError: sync?.lastError ?? '',
});

const TOKEN_REFUSED =
  'Shopify no longer accepts the access of the app, so imports fail. Open the app in Shopify to connect the shop again.';

const SETTLING =
  'The shop is removing segments that were written earlier. They are written again about ten minutes after ' +
  'the removal began; nothing has to be done.';

/** The loss of the merchant without a scope, and the remedy. */
const NOTES: Readonly<Record<string, string>> = {
  read_customers:
    'The app may not read the customers of this shop, so imports fail. Open the app in Shopify and accept its permissions.',
  read_customer_merge:
    'Shopify does not report merged customers to the app, so they stay separate until the next import. ' +
    'Open the app in Shopify and accept its permissions.',
  write_customers: grantSegmentScope,
};

/** The same for protected customer data that Shopify withholds from the app. */
const ACCESS_NOTES: Readonly<Record<NonNullable<MerchantShop['customerAccess']>, readonly string[]>> = {
  all: [],
  no_email: [EMAILS_LEFT_OUT],
  none: [
    'Shopify does not let this app read customers, so imports fail. ' +
      "In the app's settings, request access to protected customer data: level 1, and level 2 for the field email. " +
      'Once it is granted, start an import.',
  ],
};

const NOT_SENT = 'Shopify does not send these changes to the app, so they arrive only with the next import';

/** @param problems see MerchantShop */
function webhookNotes(problems: readonly string[]): string[] {
  const byReason = Map.groupBy(problems, (problem) => problem.split(' ')[0] ?? '');
  return [...byReason].map(([reason, some]) => {
    const topics = some.map((problem) => problem.slice(reason.length + 1)).join(', ');
    return reason === 'not_approved'
      ? `${NOT_SENT}: ${topics}. Shopify has not approved the app for protected customer data. ` +
          "The app's provider requests the approval at Shopify; nothing is needed in the shop."
      : `${NOT_SENT}: ${topics}. Shopify refuses the subscription. It is requested again daily. ` +
          'If this note stays for two days, report it to support.';
  });
}

function statusOf({
  connected,
  shopId,
  endReason,
}: Pick<MerchantShop, 'connected' | 'shopId' | 'endReason'>): ShopStatus {
  if (connected) return shopId === null ? ShopStatus.UNPROVEN : ShopStatus.CONNECTED;
  return endReason === 'uninstalled' ? ShopStatus.UNINSTALLED : ShopStatus.DISCONNECTED;
}
