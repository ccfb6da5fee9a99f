export {
  customerGid,
  earlierExternalIds,
  externalIdOf,
  gidOf,
  readShopifyTime,
  shopifyId,
  shopifyTime,
  type ExternalId,
} from '@core/contracts';
export { canonicalJson } from './canonical-json.ts';
export type { CommandContext, Keys, Pages } from './context.ts';
export type { CustomerKey } from './customer-key.ts';
export { customerBytes, selectUntilPageIsFull, type Sized } from './cut-page.ts';
export { keysetPage, type PageOf } from './keyset-page.ts';
export { latestTime } from './latest-time.ts';
export { createPageTokens, type PageTokens } from './page-token.ts';
export { rfc3339 } from './rfc3339.ts';
export { recordChange, recordChanges } from './record-change.ts';
export { decryptWebhookBody, encryptWebhookBody, webhookContext, webhookHash } from './webhook-body.ts';
