import { isDeepStrictEqual } from 'node:util';
import type { PageRow } from './page.ts';

/** The times of the changes in the shop that a webhook should have brought by now. */
export interface MissedWithin {
  from: Date;
  before: Date;
}

/**
 * The fields of `metadata` that webhooks contain. Orders and tags change without a webhook of the topics that
 * are handled, so a difference in these alone is no loss.
 */
export const WEBHOOK_METADATA = ['created_at', 'state'] as const;

/** The compared fields of a stored customer: see StoredCustomer. */
interface Stored {
  contentHash: Buffer | null;
  metadata: Record<string, unknown> | null;
  sourceUpdatedAt: Date | null;
}

/**
 * Returns whether a webhook should have brought what an import writes: a customer that is not stored, or news
 * in a field that webhooks contain, later than anything that was applied to the customer.
 */
export function isMissed(
  row: PageRow,
  within: MissedWithin | undefined,
  written?: { target: Stored; update: { changedFields: readonly string[] } },
): boolean {
  const { sourceUpdatedAt: at } = row;
  if (!within || at < within.from || at >= within.before) return false;
  if (!written) return true;
  const { target, update } = written;
  if (target.sourceUpdatedAt !== null && at <= target.sourceUpdatedAt) return false;
  // The same content again, which now gets the index of its email.
  if (target.contentHash?.equals(row.contentHash)) return false;
  return (
    update.changedFields.some((field) => field !== 'metadata') ||
    WEBHOOK_METADATA.some((name) => !isDeepStrictEqual(row.metadata[name], target.metadata?.[name]))
  );
}
