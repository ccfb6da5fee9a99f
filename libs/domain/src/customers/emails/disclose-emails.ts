import type { CustomerId } from '@core/contracts';
import { appendSharedAudit, type CustomerRow, type Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { decryptReadableEmails, type EncryptedEmail } from './decrypt-readable-emails.ts';

type Row = Pick<CustomerRow, 'id' | 'merchantId' | 'email'>;

/** By customer id; null: the email exists but cannot be decrypted. A row without an email has no entry. */
export type DisclosedEmails = ReadonlyMap<CustomerId, string | null>;

/**
 * Returns the plain emails of a merchant's customer rows, and writes one audit row that names all of them in
 * the caller's transaction: an email that no audit row names is not returned. Rejected: a row for each email,
 * which let a caller within its quota write 250,000 audit rows a second. Reads from the primary, because the
 * next read may go to another replica than the one that had the row, and that replica may lack its key.
 *
 * An email that cannot be decrypted (it was changed, belongs to another row, or its key is lost) is marked as
 * such. Rejected: to fail the call, which would make a whole list unreadable because of one broken value.
 */
export async function discloseEmails(
  tx: Tx,
  ctx: CommandContext,
  rows: readonly Row[],
): Promise<DisclosedEmails> {
  const emails = new Map<CustomerId, string | null>();
  const encrypted = rows.filter((row): row is Row & EncryptedEmail => row.email !== null);
  for (const [merchantId, some] of Map.groupBy(encrypted, (row) => row.merchantId)) {
    const decrypted = await decryptReadableEmails(tx, ctx, merchantId, some);
    for (const { id } of some) emails.set(id, decrypted.get(id) ?? null);
    await appendSharedAudit(tx, ctx, {
      merchantId,
      action: 'customer.email_disclosed',
      customerIds: [...decrypted.keys()],
    });
  }
  return emails;
}
