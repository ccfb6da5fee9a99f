import type { Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import { healEmails } from '../customers/index.ts';
import type { ImportRef } from './cancel-import.ts';

/**
 * An email that moved from one customer to another during the run was still the first one's when the page of the second
 * came before his, in another slice perhaps. What became free by the end is healed, and no error of the run any more.
 */
export async function healShared(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, importId }: ImportRef,
): Promise<void> {
  const healed = await healEmails(tx, ctx, { merchantId, origin: 'import' });
  if (healed.length === 0) return;
  await tx.query(
    `delete from customer_import_errors
      where merchant_id = $1 and import_id = $2 and external_id = any($3) and reason = 'email_shared'`,
    [merchantId, importId, healed],
  );
}
