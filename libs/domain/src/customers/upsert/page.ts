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

/** A customer as the source says it. `metadata` holds no PII. */
export interface ImportedCustomer {
  /** Such as gid://shopify/Customer/7. */
  externalId: ExternalId;
  /** Null: the source says that there is none. Absent: the source does not speak of it, and what is stored stays. */
  email?: string | null | undefined;
  /** The same: null empties a field, an absent one stays. */
  metadata: Record<string, unknown>;
  sourceUpdatedAt: Date;
  /** Why nothing but the external id could be read of it. It counts as failed. */
  fault?: RowReason;
  /** Why fields are left out of `metadata`; their stored values stay. */
  leftOut?: readonly RowReason[];
}

/** A row of a page, ready to be compared with what is stored. */
export interface PageRow extends ImportedCustomer {
  emailHash: Buffer | null;
  /** Canonical JSON of `metadata`. */
  json: string;
  /** SHA-256 of what the source says; equal to the stored one means that nothing is new. */
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
  /** Rows that were stored, without what was wrong with them. */
  warnings: RowError[];
}

/** Reads a source's page: one row per customer (the latest wins), hashed, unstorable ones sorted out. */
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

/** An email that is none is stored as none: the one before is not the customer's any more. */
function readEmail(given: string | null | undefined): { email: string | null | undefined; valid: boolean } {
  if (given === undefined) return { email: undefined, valid: true };
  const email = given === null ? null : parseEmail(given);
  return { email, valid: email !== null || !given?.trim() };
}

/** One such row must not fail its whole page. */
function whyNotStored({ externalId, metadata, sourceUpdatedAt }: ImportedCustomer): RowReason | null {
  if (externalId === '' || textProblem(externalId, LONGEST_ID)) return 'invalid_external_id';
  const problem = metadataProblem(metadata);
  if (problem) return problem === 'too_large' ? 'metadata_too_large' : 'invalid_metadata';
  const second = Math.floor(sourceUpdatedAt.getTime() / 1_000);
  return second >= FIRST_SECOND && sourceUpdatedAt.getTime() <= latestTime() ? null : 'invalid_updated_at';
}

/** The name of a customer in the log of errors: an id that is wrong may be anything, and is cut to what can be stored. */
export const loggedId = (externalId: ExternalId): ExternalId =>
  storableText(externalId, LONGEST_ID) as ExternalId;

/**
 * Earlier builds put nothing in its place, and kept a stored email that the source had emptied. With a mark, the hash of
 * a customer without email is another one than theirs, and the next full import sees what they left.
 */
const NO_EMAIL = Buffer.from('no email|');

/** @param json canonical, of the metadata */
export const contentHash = (blindIndex: Buffer | null, json: string): Buffer =>
  // At once: a hash object for each customer costs more than the hashing.
  hash('sha256', Buffer.concat([blindIndex ?? NO_EMAIL, Buffer.from(json)]), 'buffer');
