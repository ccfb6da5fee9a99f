import { generationOf, openEmails, type CustomerRow, type Tx } from '@core/db';
import type { CommandContext } from '../context.ts';

/**
 * The plain emails of a merchant's customer rows by customer id, with one audit row for each in the caller's
 * transaction: what is not on record is not handed out. On the primary, because a replica that showed
 * the row may not be the one that is asked next, and that one may not have its key yet.
 * @throws KeyError when a key is gone or a value belongs to another row
 */
export async function discloseEmails(
  tx: Tx,
  ctx: CommandContext,
  rows: readonly Pick<CustomerRow, 'id' | 'merchantId' | 'email'>[],
): Promise<Map<string, string>> {
  const emails = new Map<string, string>();
  for (const { merchantId, generation, sealed } of byKey(rows)) {
    const keys = await ctx.keys.ofGeneration(tx, merchantId, generation);
    const opened = await openEmails(tx, merchantId, keys, sealed);
    for (const [id, email] of opened) emails.set(id, email);
    await audit(tx, ctx, merchantId, sealed);
  }
  return emails;
}

type Sealed = { id: string; email: string };

function byKey(rows: readonly Pick<CustomerRow, 'id' | 'merchantId' | 'email'>[]) {
  const groups = new Map<string, { merchantId: string; generation: number; sealed: Sealed[] }>();
  for (const { id, merchantId, email } of rows) {
    if (email === null) continue;
    const generation = generationOf(email);
    const key = `${merchantId} ${generation}`;
    const group = groups.get(key) ?? { merchantId, generation, sealed: [] };
    group.sealed.push({ id, email });
    groups.set(key, group);
  }
  return groups.values();
}

/** One statement for a page of up to a thousand, where appendAudit would make a thousand. */
const audit = (tx: Tx, ctx: CommandContext, merchantId: string, sealed: readonly Sealed[]) =>
  tx.query(
    `insert into audit_log (merchant_id, customer_id, actor, action, request_id)
     select $1, id, $2, 'customer.email_disclosed', $3 from unnest($4::uuid[]) as id`,
    [merchantId, ctx.caller, ctx.requestId, sealed.map(({ id }) => id)],
  );
