import { and, asc, eq, gt, isNotNull, isNull, sql, type SQL } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { emailHash, type MerchantKeys } from '@core/crypto';
import { build, customers, NIL_UUID, statement, type Tx } from '@core/db';
import type { Keys } from '../../core/index.ts';
import { decryptReadableEmails, type EncryptedEmail } from './decrypt-readable-emails.ts';

/** Customers without a blind index that one call decrypts: about a second's work. */
const MAX_EXAMINED = 10_000;
const BATCH = 1_000;

const { merchantId, id, email } = customers;
const ENCRYPTED = { id, email: sql<string>`${email}` };

const isUnindexed = (p: { merchantId: SQL }) =>
  and(eq(merchantId, p.merchantId), isNotNull(email), isNull(customers.emailHash));

const READ_UNINDEXED = statement({
  params: { merchantId, after: id },
  row: ENCRYPTED,
  // In the order of idx_customers_unindexed_email.
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(isUnindexed(p), gt(id, p.after)))
      .orderBy(asc(customers.emailHash), asc(id))
      .limit(BATCH),
});

const COUNT_UNINDEXED = statement({
  params: { merchantId, after: id },
  row: { n: sql<number>`count(*)::int` },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(isUnindexed(p), gt(id, p.after))),
});

const READ_UNINDEXED_OF = statement({
  params: { merchantId, id },
  row: ENCRYPTED,
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(isUnindexed(p), eq(id, p.id))),
});

/** An email that is stored without its blind index, because another customer had it first (email_shared). */
export interface UnindexedEmail extends EncryptedEmail {
  plain: string;
}

/** Counts of customers without a blind index whose email could not be determined. */
interface UnreadCounts {
  /** Their emails cannot be decrypted. */
  undecrypted: number;
  /** They are beyond the bound of one call. */
  notExamined: number;
}

/** Customers who hold an email without its blind index. */
export interface SharedEmails extends UnreadCounts {
  ids: CustomerId[];
}

/** Returns the emails of a merchant that have no blind index, oldest customers first, up to a bound. */
export async function decryptUnindexed(
  tx: Tx,
  ctx: Keys,
  merchantId: MerchantId,
): Promise<UnreadCounts & { emails: UnindexedEmail[] }> {
  const found: UnreadCounts & { emails: UnindexedEmail[] } = { emails: [], undecrypted: 0, notExamined: 0 };
  let after: CustomerId = NIL_UUID;
  for (let seen = 0; seen < MAX_EXAMINED; seen += BATCH) {
    const rows = await tx.run(READ_UNINDEXED, { merchantId, after });
    const decrypted = await decryptRows(tx, ctx, merchantId, rows);
    found.undecrypted += rows.length - decrypted.length;
    found.emails.push(...decrypted);
    if (rows.length < BATCH) return found;
    after = rows.at(-1)?.id ?? after;
  }
  const [rest] = await tx.run(COUNT_UNINDEXED, { merchantId, after });
  return { ...found, notExamined: rest?.n ?? 0 };
}

/** Returns the email of one customer, if it has no blind index. */
export const decryptUnindexedOf = async (
  tx: Tx,
  ctx: Keys,
  merchantId: MerchantId,
  customerId: CustomerId,
): Promise<UnindexedEmail[]> =>
  decryptRows(tx, ctx, merchantId, await tx.run(READ_UNINDEXED_OF, { merchantId, id: customerId }));

/** Finds holders that no index leads to, by decrypting and comparing their emails. */
export async function findHoldersWithoutIndex(
  tx: Tx,
  ctx: Keys,
  merchantId: MerchantId,
  isWanted: (email: string) => boolean,
): Promise<SharedEmails> {
  const { emails, ...counts } = await decryptUnindexed(tx, ctx, merchantId);
  return { ids: emails.filter(({ plain }) => isWanted(plain)).map(({ id }) => id), ...counts };
}

/** @returns ids of the holders of this email; all: whether every possible holder was examined */
export async function findSharedEmails(
  tx: Tx,
  ctx: Keys,
  keys: MerchantKeys,
  { merchantId, email }: { merchantId: MerchantId; email: string },
): Promise<{ ids: CustomerId[]; all: boolean }> {
  const wanted = emailHash(keys, email);
  const { ids, undecrypted, notExamined } = await findHoldersWithoutIndex(tx, ctx, merchantId, (plain) =>
    emailHash(keys, plain).equals(wanted),
  );
  return { ids, all: undecrypted + notExamined === 0 };
}

/**
 * Returns the emails that can be decrypted, in the order of `rows`: one broken value must not hide the
 * others.
 */
async function decryptRows(
  tx: Tx,
  ctx: Keys,
  merchantId: MerchantId,
  rows: readonly EncryptedEmail[],
): Promise<UnindexedEmail[]> {
  const decrypted = await decryptReadableEmails(tx, ctx, merchantId, rows);
  return rows.flatMap((row) => {
    const plain = decrypted.get(row.id);
    return plain === undefined ? [] : [{ ...row, plain }];
  });
}
