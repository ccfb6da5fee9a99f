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

/** Customers without a blind index that are decrypted at a time: about a second's work. */
const MOST_LOOKED_AT = 10_000;
const BATCH = 1_000;

type Sealed = { id: string; email: string };

/** An email that is stored without its blind index, because another customer had it first (email_shared). */
export interface UnindexedEmail extends Sealed {
  plain: string;
}

/**
 * Customers who hold this email without its blind index. No index leads to them, so their emails are decrypted and
 * compared, up to a bound.
 * @returns their ids; all: whether every one could be looked at
 */
export async function findSharedEmails(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  { merchantId, email }: { merchantId: string; email: string },
): Promise<{ ids: string[]; all: boolean }> {
  const wanted = emailHash(keys, email);
  const { emails, all } = await openUnindexed(tx, ctx, merchantId);
  const same = emails.filter(({ plain }) => emailHash(keys, plain).equals(wanted));
  return { ids: same.map(({ id }) => id), all };
}

const UNINDEXED = `select id, email from customers
  where merchant_id = $1 and email is not null and email_hash is null`;

/**
 * The emails of a merchant that have no blind index, by the age of their customers.
 * @returns all: whether every one could be looked at
 */
export async function openUnindexed(
  tx: Tx,
  ctx: CommandContext,
  merchantId: string,
): Promise<{ emails: UnindexedEmail[]; all: boolean }> {
  const emails: UnindexedEmail[] = [];
  let all = true;
  let after = FIRST_UUID;
  for (let seen = 0; seen < MOST_LOOKED_AT; seen += BATCH) {
    // In the order of idx_customers_unindexed_email.
    const rows = await tx.query<Sealed>(`${UNINDEXED} and id > $2 order by email_hash, id limit ${BATCH}`, [
      merchantId,
      after,
    ]);
    const opened = await openAll(tx, ctx, merchantId, rows);
    if (opened.length < rows.length) all = false;
    emails.push(...opened);
    if (rows.length < BATCH) return { emails, all };
    after = rows.at(-1)?.id ?? after;
  }
  return { emails, all: false };
}

/** The email of one customer, if it has no blind index. */
export const openUnindexedOf = async (
  tx: Tx,
  ctx: CommandContext,
  merchantId: string,
  customerId: string,
): Promise<UnindexedEmail[]> =>
  openAll(tx, ctx, merchantId, await tx.query<Sealed>(`${UNINDEXED} and id = $2`, [merchantId, customerId]));

/** Those that open: one broken value must keep nobody from being erased. In the order of `rows`. */
async function openAll(
  tx: Tx,
  ctx: CommandContext,
  merchantId: string,
  rows: readonly Sealed[],
): Promise<UnindexedEmail[]> {
  const plain = new Map<string, string>();
  for (const [generation, sealed] of Map.groupBy(rows, (row) => generationOf(row.email))) {
    for (const [id, email] of (await open(tx, ctx, merchantId, generation, sealed)) ?? [])
      plain.set(id, email);
  }
  return rows.flatMap((row) => {
    const email = plain.get(row.id);
    return email === undefined ? [] : [{ ...row, plain: email }];
  });
}

/** @returns undefined when they do not open */
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
