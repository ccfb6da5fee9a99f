import { emailHash, FIRST_UUID, type MerchantKeys, type Tx } from '@core/db';
import type { CommandContext } from '../../context.ts';
import { openReadable, type SealedEmail } from './open-readable.ts';

/** Customers without a blind index that one request decrypts: about a second's work. */
const MOST_LOOKED_AT = 10_000;
const BATCH = 1_000;

const WITHOUT_INDEX = `merchant_id = $1 and email is not null and email_hash is null and id > $2`;

/** Customers who hold an email without its blind index, and of how many it cannot be said. */
export interface SharedEmails {
  ids: string[];
  /** Their emails do not open. */
  unopened: number;
  /** They are beyond the bound. */
  notLookedAt: number;
}

/**
 * Customers who hold an email without its blind index, because another one had it first (email_shared). No index
 * leads to them, so their emails are decrypted and compared, up to a bound.
 */
export async function findHoldersWithoutIndex(
  tx: Tx,
  ctx: Pick<CommandContext, 'keys'>,
  merchantId: string,
  isWanted: (email: string) => boolean,
): Promise<SharedEmails> {
  const found: SharedEmails = { ids: [], unopened: 0, notLookedAt: 0 };
  let after = FIRST_UUID;
  for (let seen = 0; seen < MOST_LOOKED_AT; seen += BATCH) {
    const rows = await tx.query<SealedEmail & Record<string, unknown>>(
      `select id, email from customers where ${WITHOUT_INDEX} order by id limit ${BATCH}`,
      [merchantId, after],
    );
    const opened = await openReadable(tx, ctx, merchantId, rows);
    found.unopened += rows.length - opened.size;
    for (const [id, plain] of opened) if (isWanted(plain)) found.ids.push(id);
    if (rows.length < BATCH) return found;
    after = rows.at(-1)?.id ?? after;
  }
  const [rest] = await tx.query<{ n: number }>(
    `select count(*)::int as n from customers where ${WITHOUT_INDEX}`,
    [merchantId, after],
  );
  return { ...found, notLookedAt: rest?.n ?? 0 };
}

/** @returns ids of the holders of this email; all: whether everybody who might be one could be looked at */
export async function findSharedEmails(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  { merchantId, email }: { merchantId: string; email: string },
): Promise<{ ids: string[]; all: boolean }> {
  const wanted = emailHash(keys, email);
  const { ids, unopened, notLookedAt } = await findHoldersWithoutIndex(tx, ctx, merchantId, (plain) =>
    emailHash(keys, plain).equals(wanted),
  );
  return { ids, all: unopened + notLookedAt === 0 };
}
