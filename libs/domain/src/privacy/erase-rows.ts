import { and, eq, isNull, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { build, customers, many, oneOf, statement, type CustomerChange, type Tx } from '@core/db';

export const ERASED_FIELDS = ['email', 'external_id', 'metadata', 'rfm_score'] as const;

/**
 * The effect of an erasure on each column of a customer: emptied, with its name in receipts, or left, with a
 * reason. A missing column does not compile.
 */
const COLUMNS = {
  email: { emptied: 'email' },
  emailHash: { emptied: 'email_hash' },
  externalId: { emptied: 'external_id' },
  metadata: { emptied: 'metadata' },
  rfmScore: { emptied: 'rfm_score' },
  contentHash: { emptied: 'content_hash' },
  sourceUpdatedAt: { emptied: 'source_updated_at' },
  id: { left: 'an id of ours' },
  merchantId: { left: 'an id of ours' },
  mergedInto: { left: 'an id of ours' },
  version: { left: 'a count, which continues' },
  deletedAt: { left: 'a time of ours' },
  erasedAt: { left: 'the time of the erasure' },
  createdAt: { left: 'a time of ours' },
  updatedAt: { left: 'a time of ours' },
} satisfies Record<keyof typeof customers.$inferSelect, { emptied: string } | { left: string }>;

const emptied = Object.entries(COLUMNS).flatMap(([column, of]) =>
  'emptied' in of ? [[column, of.emptied] as const] : [],
);

/** The columns of a customer's row that an erasure empties, for receipts. */
export const ERASED_COLUMNS: readonly string[] = emptied.map(([, name]) => name);

const EMPTY = statement({
  params: { merchantId: customers.merchantId, ids: many(customers.id) },
  row: { id: customers.id, version: customers.version },
  text: (p, row) =>
    build
      .update(customers)
      .set({
        ...Object.fromEntries(emptied.map(([column]) => [column, null])),
        version: sql`greatest(${customers.version}, 1) + 1`,
        erasedAt: sql`now()`,
      })
      .where(
        and(eq(customers.merchantId, p.merchantId), oneOf(customers.id, p.ids), isNull(customers.erasedAt)),
      )
      .returning(row),
});

/**
 * Empties customer rows that the caller has locked: ids, version and times stay. Rows that are already erased
 * are skipped.
 * @returns the changes to publish
 */
export async function eraseRows(
  tx: Tx,
  merchantId: MerchantId,
  customerIds: readonly CustomerId[],
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
