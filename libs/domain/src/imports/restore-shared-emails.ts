import { and, eq } from 'drizzle-orm';
import { build, customerImportErrors, many, oneOf, statement, type Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import { restoreEmailIndex } from '../customers/index.ts';
import type { ImportRef } from './cancel-import.ts';
import { isOfRun, RUN } from './of-run.ts';

const FORGET = statement({
  params: { ...RUN, externalIds: many(customerImportErrors.externalId) },
  text: (p) =>
    build
      .delete(customerImportErrors)
      .where(
        and(
          isOfRun(customerImportErrors, p),
          oneOf(customerImportErrors.externalId, p.externalIds),
          eq(customerImportErrors.reason, 'email_shared'),
        ),
      ),
});

/**
 * Restores emails that moved from one customer to another during the run. If the second customer's page came
 * first, perhaps in another slice, the email still belonged to the first customer. Emails that are free by
 * the end are restored, and their errors are removed from the run.
 */
export async function restoreSharedEmails(tx: Tx, ctx: CommandContext, ref: ImportRef): Promise<void> {
  const restored = await restoreEmailIndex(tx, ctx, { merchantId: ref.merchantId, origin: 'import' });
  if (restored.length > 0) await tx.run(FORGET, { ...ref, externalIds: restored });
}
