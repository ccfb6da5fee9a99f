import { and, eq, sql } from 'drizzle-orm';
import type { ExternalId, ImportId, MerchantId } from '@core/contracts';
import { build, customerImportErrors, insertSelect, many, oneOf, statement, unnest, type Tx } from '@core/db';
import { loggedId, type RowError } from './page.ts';

export interface PageErrors {
  merchantId: MerchantId;
  importId: ImportId;
  /** The ids of all customers on the page. */
  externalIds: readonly ExternalId[];
  errors: readonly RowError[];
}

const { merchantId, importId, externalId, reason } = customerImportErrors;
const ERRORS = { errorsOf: many(externalId), reasons: many(reason) };

const END_OTHERS = statement({
  params: { merchantId, importId, externalIds: many(externalId), ...ERRORS },
  text(p) {
    const found = unnest('found', { externalId: p.errorsOf, reason: p.reasons });
    return build
      .delete(customerImportErrors)
      .where(
        and(
          eq(merchantId, p.merchantId),
          eq(importId, p.importId),
          oneOf(externalId, p.externalIds),
          sql`(${externalId}, ${reason}) not in (select ${found.externalId}, ${found.reason} from ${found})`,
        ),
      );
  },
});

const LOG = statement({
  params: { merchantId, importId, ...ERRORS },
  text(p) {
    const found = unnest('found', { externalId: p.errorsOf, reason: p.reasons });
    return sql`${insertSelect(customerImportErrors, {
      importId: p.importId,
      merchantId: p.merchantId,
      ...found,
    })} from ${found} on conflict do nothing`;
  },
});

/**
 * Makes the run's error log match what the page found about its customers: findings of the run's earlier
 * pages about the same customers are deleted. A run reads changed customers again, and a restarted slice
 * reads everything again.
 */
export async function logRowErrors(
  tx: Tx,
  { merchantId, importId, externalIds, errors }: PageErrors,
): Promise<void> {
  const found = {
    errorsOf: errors.map(({ externalId }) => externalId),
    reasons: errors.map(({ reason }) => reason),
  };
  await tx.run(END_OTHERS, { merchantId, importId, externalIds: externalIds.map(loggedId), ...found });
  if (errors.length > 0) await tx.run(LOG, { merchantId, importId, ...found });
}
