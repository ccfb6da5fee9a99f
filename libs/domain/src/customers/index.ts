export { createCustomer, type CreateCustomer } from './create-customer.ts';
export { customerNumber } from './customer-number.ts';
export { deleteCustomers, type DeleteCustomers } from './delete-customers.ts';
export { discloseEmails, type DisclosedEmails } from './emails/disclose-emails.ts';
export { findCustomerByEmail } from './emails/find-customer-by-email.ts';
export { restoreEmailIndex } from './emails/restore-email-index.ts';
export { decryptReadableEmails, type EncryptedEmail } from './emails/decrypt-readable-emails.ts';
export { reindexEmails } from './emails/reindex-emails.ts';
export { findHoldersWithoutIndex, findSharedEmails, type SharedEmails } from './emails/shared-emails.ts';
export { explainNotFound, MergedAway } from './find-survivor.ts';
export { getCustomer } from './get-customer.ts';
export {
  normalizeExternalId,
  normalizeExternalIds,
  type NormalizeExternalIds,
} from './normalize-external-ids.ts';
export {
  listChangedCustomers,
  type ChangeReaders,
  type ListChangedCustomers,
} from './list-customers-changed.ts';
export type { CustomerFilter, ScoreRange } from './list-customers-filter.ts';
export { listCustomers, type CustomerPage, type ListCustomers } from './list-customers.ts';
export { readSegment, type ReadSegment } from './read-segment.ts';
export { segmentCsv, segmentCsvHead } from './segment-csv.ts';
export { mergeCustomers, type MergeCustomers } from './merge-customers.ts';
export { lockErasureExclusive, lockErasureShared } from './persons/erasure-lock.ts';
export {
  emailHolderMismatch,
  findPerson,
  mergedWith,
  NamesDisagree,
  type PersonNames,
} from './persons/person.ts';
export {
  earlierHashes,
  emailTombstone,
  emailTombstones,
  emailTombstoneInSql,
  externalIdTombstone,
  externalIdTombstones,
  externalIdTombstoneInSql,
  hashNames,
  type HashedNames,
} from './persons/tombstones.ts';
export { updateCustomer, type UpdateCustomer } from './update-customer.ts';
export { WEBHOOK_METADATA, type MissedWithin } from './upsert/is-missed.ts';
export { upsertCustomers, type UpsertCounts, type UpsertCustomers } from './upsert-customers.ts';
export type { ImportedCustomer } from './upsert/page.ts';
export {
  explainReason,
  isRowReason,
  reasonsOf,
  ROW_REASONS,
  type RowEffect,
  type RowExplanation,
  type RowReason,
} from './upsert/row-reasons.ts';
