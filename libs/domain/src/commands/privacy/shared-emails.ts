import {
  emailHash,
  FIRST_UUID,
  generationOf,
  KeyError,
  openEmails,
  type MerchantKeys,
  type Tx,
} from '@core/db';
import type { CommandContext } from '../../context.ts';

/** Customers without a blind index that one erasure decrypts: about a second's work. */
const MOST_LOOKED_AT = 10_000;
const BATCH = 1_000;

type Sealed = { id: string; email: string };

/**
 * Customers who hold this email without its blind index, because another one had it first (email_shared). No index
 * leads to them, so their emails are decrypted and compared, up to a bound.
 * @returns their ids; all: whether every one could be looked at
 */
export async function findSharedEmails(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  { merchantId, email }: { merchantId: string; email: string },
): Promise<{ ids: string[]; all: boolean }> {
  const wanted = emailHash(keys, email);
  const ids: string[] = [];
  let all = true;
  let after = FIRST_UUID;
  for (let seen = 0; seen < MOST_LOOKED_AT; seen += BATCH) {
    const rows = await tx.query<Sealed>(
      `select id, email from customers
        where merchant_id = $1 and email is not null and email_hash is null and id > $2
        order by id limit ${BATCH}`,
      [merchantId, after],
    );
    for (const [generation, sealed] of Map.groupBy(rows, (row) => generationOf(row.email))) {
      const opened = await open(tx, ctx, merchantId, generation, sealed);
      if (!opened) all = false;
      for (const [id, plain] of opened ?? []) if (emailHash(keys, plain).equals(wanted)) ids.push(id);
    }
    if (rows.length < BATCH) return { ids, all };
    after = rows.at(-1)?.id ?? after;
  }
  return { ids, all: false };
}

/** @returns undefined when they do not open: one broken value must not keep a person from being erased */
async function open(
  tx: Tx,
  ctx: CommandContext,
  merchantId: string,
  generation: number,
  sealed: readonly Sealed[],
): Promise<Map<string, string> | undefined> {
  await tx.query('savepoint shared_emails');
  try {
    return await openEmails(tx, merchantId, await ctx.keys.ofGeneration(tx, merchantId, generation), sealed);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    await tx.query('rollback to savepoint shared_emails');
    return undefined;
  }
}
