import { hash } from 'node:crypto';
import {
  FIRST_SECOND,
  LONGEST_ID,
  metadataProblem,
  storableText,
  textProblem,
  type ExternalId,
} from '@core/contracts';
import { emailHash, parseEmail, type MerchantKeys } from '@core/crypto';
import { canonicalJson, latestTime } from '../../core/index.ts';
import type { RowReason } from './row-reasons.ts';

/** A customer as the source reports it. `metadata` contains no PII. */
export interface ImportedCustomer {
  /** Such as gid://shopify/Customer/7. */
  externalId: ExternalId;
  /** Null: the source has none. Absent: the source does not report it, and the stored value stays. */
  email?: string | null | undefined;
  /** The same: null empties a field, an absent field stays. */
  metadata: Record<string, unknown>;
  sourceUpdatedAt: Date;
  /** Why only the external id could be read. The customer counts as failed. */
  fault?: RowReason;
  /** Why fields are left out of `metadata`; their stored values stay. */
  leftOut?: readonly RowReason[];
}

/** A row of a page, ready to be compared with what is stored. */
export interface PageRow extends ImportedCustomer {
  emailHash: Buffer | null;
  /** Canonical JSON of `metadata`. */
  json: string;
  /** SHA-256 of what the source reports; if it equals the stored one, nothing is new. */
  contentHash: Buffer;
}

export interface RowError {
  externalId: ExternalId;
  reason: RowReason;
}

export interface Page {
  rows: PageRow[];
  /** Rows that could not be stored at all. */
  failed: RowError[];
  /** Rows that were stored without their invalid part. */
  warnings: RowError[];
}

/** Prepares a page of the source: one hashed row per customer (the latest wins), without unstorable ones. */
export function preparePage(keys: MerchantKeys, customers: readonly ImportedCustomer[]): Page {
  const page: Page = { rows: [], failed: [], warnings: [] };
  for (const customer of latestOfEach(customers)) {
    const { externalId } = customer;
    const reason = customer.fault ?? whyNotStored(customer);
    if (reason) {
      page.failed.push({ externalId: loggedId(externalId), reason });
      continue;
    }
    const json = canonicalJson(customer.metadata);
    const { email, valid } = readEmail(customer.email);
    const reasons = [...(customer.leftOut ?? []), ...(valid ? [] : ['invalid_email' as const])];
    for (const reason of reasons) page.warnings.push({ externalId, reason });
    const blindIndex = email ? emailHash(keys, email) : null;
    page.rows.push({
      ...customer,
      email,
      emailHash: blindIndex,
      json,
      contentHash: contentHash(blindIndex, json),
    });
  }
  return page;
}

const latestOfEach = (customers: readonly ImportedCustomer[]): ImportedCustomer[] => {
  const latest = new Map<ExternalId, ImportedCustomer>();
  for (const customer of customers) {
    const seen = latest.get(customer.externalId);
    if (!seen || customer.sourceUpdatedAt >= seen.sourceUpdatedAt) latest.set(customer.externalId, customer);
  }
  return [...latest.values()];
};

/** Reads an invalid email as none: the previous email is no longer the customer's. */
function readEmail(given: string | null | undefined): { email: string | null | undefined; valid: boolean } {
  if (given === undefined) return { email: undefined, valid: true };
  const email = given === null ? null : parseEmail(given);
  return { email, valid: email !== null || !given?.trim() };
}

/** Returns why a row cannot be stored, since one such row must not fail its whole page. */
function whyNotStored({ externalId, metadata, sourceUpdatedAt }: ImportedCustomer): RowReason | null {
  if (externalId === '' || textProblem(externalId, LONGEST_ID)) return 'invalid_external_id';
  const problem = metadataProblem(metadata);
  if (problem) return problem === 'too_large' ? 'metadata_too_large' : 'invalid_metadata';
  const second = Math.floor(sourceUpdatedAt.getTime() / 1_000);
  return second >= FIRST_SECOND && sourceUpdatedAt.getTime() <= latestTime() ? null : 'invalid_updated_at';
}

/**
 * Returns the customer's id for the log of errors. An invalid id may be anything, and is cut to what can be
 * stored.
 */
export const loggedId = (externalId: ExternalId): ExternalId =>
  storableText(externalId, LONGEST_ID) as ExternalId;

/**
 * Stands for a missing email in the content hash. Earlier builds put nothing in its place, and kept a stored
 * email that the source had emptied. With the mark, the hash of a customer without email differs from the
 * one that those builds stored, so the next full import finds what they left.
 */
const NO_EMAIL = Buffer.from('no email|');

/** @param json canonical JSON of the metadata */
export const contentHash = (blindIndex: Buffer | null, json: string): Buffer =>
  // One call: a hash object for each customer costs more than the hashing.
  hash('sha256', Buffer.concat([blindIndex ?? NO_EMAIL, Buffer.from(json)]), 'buffer');
