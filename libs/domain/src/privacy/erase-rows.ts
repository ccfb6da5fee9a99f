import type { CustomerChange, Tx } from '@core/db';

export const ERASED_FIELDS = ['email', 'external_id', 'metadata', 'rfm_score'] as const;

/** Of a customer's row; the names of columns, for receipts. */
export const ERASED_COLUMNS = [
  'email',
  'email_hash',
  'external_id',
  'metadata',
  'rfm_score',
  'content_hash',
  'source_updated_at',
] as const;

/**
 * Empties customer rows that the caller holds: they keep their ids alone. Who is erased already stays as they are.
 * @returns the changes to tell of
 */
export async function eraseRows(
  tx: Tx,
  merchantId: string,
  customerIds: readonly string[],
): Promise<CustomerChange[]> {
  if (customerIds.length === 0) return [];
  const rows = await tx.query<{ id: string; version: number }>(
    `update customers
        set email = null, email_hash = null, external_id = null, metadata = null, rfm_score = null,
            content_hash = null, source_updated_at = null, version = greatest(version, 1) + 1, erased_at = now()
      where merchant_id = $1 and id = any($2::uuid[]) and erased_at is null
     returning id, version`,
    [merchantId, customerIds],
  );
  return rows.map(({ id, version }) => ({
    merchantId,
    customerId: id,
    version,
    changedFields: ERASED_FIELDS,
    origin: 'privacy',
  }));
}
