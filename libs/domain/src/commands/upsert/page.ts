import { hash } from 'node:crypto';
import { emailHash, type MerchantKeys } from '@core/db';
import { canonicalJson } from '../../canonical-json.ts';

/** A customer as the source says it. `metadata` holds no PII. */
export interface ImportedCustomer {
  /** Such as gid://shopify/Customer/7. */
  externalId: string;
  email: string | null;
  metadata: Record<string, unknown>;
  sourceUpdatedAt: Date;
  /** Why nothing but the external id could be read of it: a code, such as unreadable. It counts as failed. */
  fault?: string;
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
  externalId: string;
  /** Such as invalid_email: a code, no PII. */
  reason: string;
}

export interface Page {
  rows: PageRow[];
  /** Rows that could not be stored at all. */
  failed: RowError[];
  /** Rows that were stored without what was wrong with them. */
  warnings: RowError[];
}

/** Reads a source's page: one row per customer (the latest wins), hashed, unstorable ones sorted out. */
export function preparePage(keys: MerchantKeys, customers: readonly ImportedCustomer[]): Page {
  const page: Page = { rows: [], failed: [], warnings: [] };
  for (const customer of latestOfEach(customers)) {
    const json = canonicalJson(customer.metadata);
    const reason = customer.fault ?? unstorable(customer, json);
    if (reason) {
      page.failed.push({ externalId: customer.externalId.slice(0, 255), reason });
      continue;
    }
    const email = customer.email?.trim() || null;
    const valid = email === null || looksLikeEmail(email);
    if (!valid) page.warnings.push({ externalId: customer.externalId, reason: 'invalid_email' });
    const kept = { ...customer, email: valid ? email : null };
    const blindIndex = kept.email === null ? null : emailHash(keys, kept.email);
    page.rows.push({ ...kept, emailHash: blindIndex, json, contentHash: contentHash(blindIndex, json) });
  }
  return page;
}

const latestOfEach = (customers: readonly ImportedCustomer[]): ImportedCustomer[] => {
  const latest = new Map<string, ImportedCustomer>();
  for (const customer of customers) {
    const seen = latest.get(customer.externalId);
    if (!seen || customer.sourceUpdatedAt >= seen.sourceUpdatedAt) latest.set(customer.externalId, customer);
  }
  return [...latest.values()];
};

// PostgreSQL stores no NUL, neither in text nor in jsonb: one such row must not fail its whole page.
const NUL = '\u0000';

const unstorable = (customer: ImportedCustomer, json: string): string | null => {
  if (!customer.externalId || customer.externalId.length > 255 || customer.externalId.includes(NUL)) {
    return 'invalid_external_id';
  }
  if (json.includes('\\u0000')) return 'invalid_metadata';
  if (Number.isNaN(customer.sourceUpdatedAt.getTime())) return 'invalid_updated_at';
  return null;
};

const looksLikeEmail = (email: string): boolean =>
  email.length <= 320 && /^[^@\s]+@[^@\s]+$/.test(email) && !email.includes(NUL);

/** @param json canonical, of the metadata */
export const contentHash = (blindIndex: Buffer | null, json: string): Buffer =>
  // At once: a hash object for each customer costs more than the hashing.
  hash('sha256', blindIndex ? Buffer.concat([blindIndex, Buffer.from(json)]) : json, 'buffer');
