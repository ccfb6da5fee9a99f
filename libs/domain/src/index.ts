export * from './context.ts';
export type { CustomerKey } from './customer-key.ts';
export * from './commands/apply-rfm-score.ts';
export * from './commands/apply-rfm-scores.ts';
export * from './commands/create-customer.ts';
export { deleteCustomers, type DeleteCustomers } from './commands/delete-customers.ts';
export { healExternalIds, type HealExternalIds } from './commands/heal-external-ids.ts';
export { mergeCustomers, type MergeCustomers } from './commands/merge-customers.ts';
export { recordPublishedEvent } from './commands/record-published-event.ts';
export * from './commands/redact-customer.ts';
export { assertNamesOne } from './commands/privacy/assert-names-one.ts';
export type { PersonNames } from './commands/privacy/person.ts';
export type { ErasedPlace, ErasureReceipt } from './commands/privacy/receipt.ts';
export { isPrivacyTopic, PRIVACY_TOPICS, type PrivacyTopic } from './commands/privacy/privacy-topics.ts';
export { exportCustomerData, type CustomerExport } from './commands/privacy/export-customer-data.ts';
export {
  CANCEL_REASONS,
  cancelPrivacyRequest,
  type CancelReason,
} from './commands/privacy/cancel-privacy-request.ts';
export { confirmShopRedaction } from './commands/privacy/confirm-shop-redaction.ts';
export {
  scheduleShopRedactions,
  type ScheduledShopRedaction,
  type ShopRedactionPolicy,
} from './commands/privacy/schedule-shop-redactions.ts';
export { redactShopStep, type ShopRedactionStep } from './commands/privacy/redact-shop.ts';
export { assertSealsBehind, sealAudit, SealsAhead, type Sealed } from './commands/audit/seal-audit.ts';
export * from './commands/replay-customers.ts';
export * from './commands/republish-refused.ts';
export * from './commands/resolve-dead-letter.ts';
export * from './commands/update-customer.ts';
export * from './commands/update-program-settings.ts';
export * from './commands/upsert-customers.ts';
export * from './commands/imports/index.ts';
export * from './commands/keys/index.ts';
export * from './commands/restore/index.ts';
export * from './commands/webhooks/index.ts';
export { discloseEmails, type DisclosedEmails } from './queries/disclose-emails.ts';
export * from './queries/find-customer-by-email.ts';
export { findMerchantOfShop } from './queries/find-merchant-of-shop.ts';
export * from './queries/find-survivor.ts';
export * from './queries/get-customer.ts';
export * from './queries/privacy-requests.ts';
export * from './queries/read-scores.ts';
export * from './queries/get-program-settings.ts';
export { readImportErrors } from './queries/import-errors.ts';
export {
  listImportSchedules,
  readEnabledSchedules,
  versionOfSchedules,
  type ImportSchedule,
} from './queries/import-schedules.ts';
export * from './queries/import-pace.ts';
export * from './queries/imports.ts';
export * from './queries/watch-import.ts';
export * from './queries/get-rfm-distribution.ts';
export * from './queries/list-audit-log.ts';
export * from './queries/list-customers.ts';
export * from './queries/list-customers-changed.ts';
export * from './queries/page-token.ts';
export * from './queries/verify-audit.ts';
export * from './settings/index.ts';
export { externalIdOf, gidOf, type ExternalId } from './external-id.ts';
export { isOtherOfShopify, shopifyNumber } from './shopify-gid.ts';
export * from './row-reasons.ts';
export { customerGid, shopifyId } from './shopify-id.ts';
export * from './shopify-time.ts';
