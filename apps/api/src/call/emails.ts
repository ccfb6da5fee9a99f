import type { CustomerRow, Tx } from '@core/db';
import { discloseEmails, type CommandContext } from '@core/domain';
import type { CallContext, Deps } from './context.ts';
import { onRecord } from './write.ts';

const mayReadEmails = (ctx: CallContext): boolean => ctx.scopes.has('customers:pii');

/** The rows' emails by customer id; none for a caller without customers:pii. */
export async function emailsFor(
  deps: Pick<Deps, 'pool' | 'keys'>,
  ctx: CallContext,
  rows: readonly CustomerRow[],
): Promise<ReadonlyMap<string, string>> {
  if (!mayReadEmails(ctx) || rows.every((row) => row.email === null)) return new Map();
  return onRecord(deps, ctx, (tx, commandCtx) => discloseEmails(tx, commandCtx, rows));
}

/** As emailsFor, inside a write's own transaction. */
export const emailsWithin = async (
  tx: Tx,
  ctx: CallContext,
  commandCtx: CommandContext,
  rows: readonly CustomerRow[],
): Promise<ReadonlyMap<string, string>> =>
  mayReadEmails(ctx) ? discloseEmails(tx, commandCtx, rows) : new Map();
