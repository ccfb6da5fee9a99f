import type { CustomerId } from '@core/contracts';
import type { CustomerRow, Tx } from '@core/db';
import { discloseEmails, type CommandContext, type DisclosedEmails } from '@core/domain';
import { Counter, type Logger, type Registry } from '@core/runtime';
import type { CallContext, Deps } from './context.ts';
import { recordRead } from './write.ts';

/** Called once for a reply with the customers whose emails cannot be decrypted. */
export type ReportUnreadableEmail = (ctx: CallContext, customerIds: readonly CustomerId[]) => void;

/** Maximum number of ids in a log line; the counter counts all of them. */
const MAX_LOGGED_IDS = 10;

export function createUnreadableEmailReport(
  registry: Registry,
  log: Pick<Logger, 'error'>,
): ReportUnreadableEmail {
  const counter = new Counter({
    name: 'core_unreadable_emails_total',
    help: 'Stored emails that could not be decrypted for an authorized caller: modified, or key missing',
    registers: [registry],
  });
  return ({ requestId, merchantId }, customerIds) => {
    counter.inc(customerIds.length);
    log.error(
      {
        request_id: requestId,
        merchant_id: merchantId,
        emails: customerIds.length,
        customer_ids: customerIds.slice(0, MAX_LOGGED_IDS),
      },
      'stored emails cannot be decrypted: they were modified, or CORE_ENCRYPTION_KEYS lacks their key',
    );
  };
}

type EmailDeps = Pick<Deps, 'pool' | 'keys' | 'reportUnreadableEmails'>;

const mayReadEmails = (ctx: CallContext): boolean => ctx.scopes.has('customers:pii');

/** Returns the decrypted emails of the rows; empty for a caller without customers:pii. */
export async function emailsFor(
  deps: EmailDeps,
  ctx: CallContext,
  rows: readonly CustomerRow[],
): Promise<DisclosedEmails> {
  if (!mayReadEmails(ctx) || rows.every((row) => row.email === null)) return new Map();
  return recordRead(deps, ctx, (tx, commandCtx) => emailsInTransaction(deps, tx, ctx, commandCtx, rows));
}

/** Does the same as emailsFor, inside a write's own transaction. */
export async function emailsInTransaction(
  { reportUnreadableEmails }: Pick<EmailDeps, 'reportUnreadableEmails'>,
  tx: Tx,
  ctx: CallContext,
  commandCtx: CommandContext,
  rows: readonly CustomerRow[],
): Promise<DisclosedEmails> {
  if (!mayReadEmails(ctx)) return new Map();
  const emails = await discloseEmails(tx, commandCtx, rows);
  const unreadable = [...emails].flatMap(([id, email]) => (email === null ? id : []));
  // Reported only after the commit, because a transaction may run several times.
  if (unreadable.length > 0) tx.onCommit(() => reportUnreadableEmails(ctx, unreadable));
  return emails;
}
