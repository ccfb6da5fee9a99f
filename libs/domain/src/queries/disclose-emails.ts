import type { CustomerRow, Tx } from '@core/db';
import { openReadable, type SealedEmail } from '../commands/privacy/open-readable.ts';
import type { CommandContext } from '../context.ts';

type Row = Pick<CustomerRow, 'id' | 'merchantId' | 'email'>;

/** By customer id; null: the email exists but cannot be decrypted. A row without an email has no entry. */
export type DisclosedEmails = ReadonlyMap<string, string | null>;

/**
 * Returns the plain emails of a merchant's customer rows, and writes one audit row for each in the caller's
 * transaction: an email without an audit row is not returned. Reads from the primary, because the next read
 * may go to another replica than the one that had the row, and that replica may lack its key.
 *
 * An email that cannot be decrypted (it was changed, belongs to another row, or its key is lost) is marked as
 * such. Rejected: to fail the call, which would make a whole list unreadable because of one broken value.
 */
export async function discloseEmails(
  tx: Tx,
  ctx: CommandContext,
  rows: readonly Row[],
): Promise<DisclosedEmails> {
  const emails = new Map<string, string | null>();
  const sealed = rows.filter((row): row is Row & SealedEmail => row.email !== null);
  for (const [merchantId, some] of Map.groupBy(sealed, (row) => row.merchantId)) {
    const opened = await openReadable(tx, ctx, merchantId, some);
    for (const { id } of some) emails.set(id, opened.get(id) ?? null);
    await audit(tx, ctx, merchantId, [...opened.keys()]);
  }
  return emails;
}

/** One statement for a page of up to a thousand, where appendAudit would make a thousand. */
async function audit(tx: Tx, ctx: CommandContext, merchantId: string, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(
    `insert into audit_log (merchant_id, customer_id, actor, action, request_id)
     select $1, id, $2, 'customer.email_disclosed', $3 from unnest($4::uuid[]) as id`,
    [merchantId, ctx.caller, ctx.requestId, ids],
  );
}
