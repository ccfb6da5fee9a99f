import { and, eq } from 'drizzle-orm';
import { build, customerImportErrors, many, oneOf, statement, type Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import { healEmails } from '../customers/index.ts';
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
 * An email that moved from one customer to another during the run was still the first one's if the second
 * one's page came first, perhaps in another slice. Emails that are free by the end are healed, and no longer
 * errors of the run.
 */
export async function healShared(tx: Tx, ctx: CommandContext, ref: ImportRef): Promise<void> {
  const healed = await healEmails(tx, ctx, { merchantId: ref.merchantId, origin: 'import' });
  if (healed.length > 0) await tx.run(FORGET, { ...ref, externalIds: healed });
}
