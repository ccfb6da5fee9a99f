import { and, eq, isNull, sql } from 'drizzle-orm';
import { build, customers, many, oneOf, statement, type CustomerChange, type Tx } from '@core/db';

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

const EMPTY = statement({
  params: { merchantId: customers.merchantId, ids: many(customers.id) },
  row: { id: customers.id, version: customers.version },
  text: (p, row) =>
    build
      .update(customers)
      .set({
        email: null,
        emailHash: null,
        externalId: null,
        metadata: null,
        rfmScore: null,
        contentHash: null,
        sourceUpdatedAt: null,
        version: sql`greatest(${customers.version}, 1) + 1`,
        erasedAt: sql`now()`,
      })
      .where(
        and(eq(customers.merchantId, p.merchantId), oneOf(customers.id, p.ids), isNull(customers.erasedAt)),
      )
      .returning(row),
});

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
  const rows = await tx.run(EMPTY, { merchantId, ids: customerIds });
  return rows.map(({ id, version }) => ({
    merchantId,
    customerId: id,
    version,
    changedFields: ERASED_FIELDS,
    origin: 'privacy',
  }));
}
