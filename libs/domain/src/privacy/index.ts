export { eraseRequested } from './erase-requested.ts';
export { exportCustomerData, type CustomerExport } from './export-customer-data.ts';
export type { HeldPlace } from './held-place.ts';
export { isMerchantKnown } from './is-merchant-known.ts';
export { marksInBody } from './mentions-person.ts';
export { PERSONAL_DATA } from './personal-data.ts';
export { isPrivacyTopic, PRIVACY_TOPICS, type PrivacyTopic } from './privacy-topics.ts';
export { redactCustomer, type RedactCustomer } from './redact-customer.ts';
export { assertNamesAgree, faultOfExternalId, namesOfPerson } from './requests/names-of-person.ts';
export {
  CANCEL_REASONS,
  cancelPrivacyRequest,
  withdrawShopRedaction,
  type CancelReason,
} from './requests/cancel-privacy-request.ts';
export {
  getErasureReceipt,
  getPrivacyRequest,
  isRequestDone,
  listPrivacyRequests,
  canRecordUnder,
  readPrivacyFigures,
  UNKNOWN_MERCHANT,
  type ListPrivacyRequests,
  type PrivacyFigures,
  type PrivacyRequest,
  type PrivacyRequestKind,
} from './requests/privacy-requests.ts';
export { listRequestsOfMerchant, type ListRequestsOfMerchant } from './requests/list-requests-of-merchant.ts';
export { requestErasure, type RequestErasure } from './requests/request-erasure.ts';
export type { ErasedPlace, ErasureReceipt } from './requests/receipt.ts';
export {
  PRIVACY_CHANNEL,
  recordPrivacyRequest,
  type RecordPrivacyRequest,
} from './requests/record-privacy-request.ts';
export { findErasedSince, type ErasedSince } from './restore/find-erased-since.ts';
export { readKept, type Kept, type KeptRequest, type KeptTombstone } from './restore/kept.ts';
export { insertKept, type InsertedKept } from './restore/insert-kept.ts';
export { confirmShopRedaction } from './shop/confirm-shop-redaction.ts';
export {
  assignShopRedaction,
  recordShopRedaction,
  type RecordShopRedaction,
} from './shop/record-shop-redaction.ts';
export { readShopExtent, type ShopExtent } from './shop/read-shop-extent.ts';
export { releaseShop, type ReleaseShop } from './shop/release-shop.ts';
export { redactShopStep, type ShopRedactionStep } from './shop/redact-shop.ts';
export {
  scheduleShopRedactions,
  type ScheduledShopRedaction,
  type ShopRedactionPolicy,
} from './shop/schedule-shop-redactions.ts';
