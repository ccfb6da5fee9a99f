import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { emailHash, type MerchantKeys } from '@core/crypto';
import { build, customers, many, statement, type RowOf, type Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import {
  emailHolderMismatch,
  findPerson,
  findSharedEmails,
  normalizeExternalId,
  mergedWith,
  reindexEmails,
  type PersonNames,
} from '../customers/index.ts';
import { storedExternalId } from './stored-external-id.ts';

export type NamedPerson = PersonNames & { merchantId: MerchantId };

const ROW = {
  id: customers.id,
  externalId: customers.externalId,
  emailHash: customers.emailHash,
  deleted: sql<boolean>`${customers.deletedAt} is not null`,
};

/** A person that an erasure has locked. */
export interface LockedPerson {
  /** The customer that the names identify; null when there is none. */
  id: CustomerId | null;
  /** Whether our own id was given and is the person's: the other names are then ignored. */
  isOwn: boolean;
  rows: RowOf<typeof ROW>[];
  /** How many of the rows contain the email without its blind index. */
  shared: number;
  /** Whether all customers who might have the email were checked. */
  allShared: boolean;
  /** Given names that do not belong to the rows, in words. */
  apart: string[];
}

const LOCK = statement({
  params: { merchantId: customers.merchantId, ids: many(customers.id) },
  row: ROW,
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), inArray(customers.id, sql`(${mergedWith(p)})`)))
      .orderBy(asc(customers.id))
      .for('update'),
});

/**
 * Locks the customers that the names identify.
 * @throws NamesDisagree as findPerson does, also where the email is stored without a blind index
 */
export async function lockPerson(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  input: NamedPerson,
): Promise<LockedPerson> {
  const { merchantId, customerId, externalId, email } = input;
  await normalizeNames(tx, ctx, keys, input);
  const id = await findPerson(tx, keys, merchantId, input);
  const isOwn = id !== null && id === customerId;
  const byEmail = email && !externalId && !isOwn;
  const shared = byEmail
    ? await findSharedEmails(tx, ctx, keys, { merchantId, email })
    : { ids: [], all: true };
  const named = [...(id ? [id] : []), ...shared.ids];
  const rows = await tx.run(LOCK, { merchantId, ids: named });
  const others = email && !byEmail ? await otherHolders(tx, ctx, keys, { merchantId, email }, rows) : [];
  if (id === null && others.length > 0) throw emailHolderMismatch();
  return {
    id: named[0] ?? null,
    isOwn,
    rows,
    shared: shared.ids.length,
    allShared: shared.all,
    apart: [...idsApart(input, isOwn, rows), ...(others.length > 0 ? [EMAIL_APART] : [])],
  };
}

/**
 * Normalizes names that earlier builds stored in other forms. Otherwise the person would not be found, or
 * would be found as only one of two customers, and the other one would stay.
 */
async function normalizeNames(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  { merchantId, customerId, externalId, email }: NamedPerson,
): Promise<void> {
  if (email) await reindexEmails(tx, keys, merchantId, [email]);
  const stored = customerId ? await storedExternalId(tx, merchantId, customerId) : undefined;
  for (const id of new Set([stored, externalId])) {
    if (id) await normalizeExternalId(tx, ctx, { merchantId, origin: 'privacy', externalId: id });
  }
}

function idsApart(
  { customerId, externalId }: NamedPerson,
  isOwn: boolean,
  rows: LockedPerson['rows'],
): string[] {
  const isHere = rows.some((row) => row.externalId === externalId);
  return [
    ...(customerId && !isOwn ? ['no customer has the given customer_id'] : []),
    ...(isOwn && externalId && !isHere ? ['no customer has the given external_id'] : []),
  ];
}

const HOLDERS = statement({
  params: { merchantId: customers.merchantId, emailHash: customers.emailHash },
  row: { id: customers.id },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), eq(customers.emailHash, p.emailHash))),
});

/**
 * Returns other customers with the email. Next to an id, an email decides nothing, and other customers with
 * it stay. Emails without a blind index are decrypted only when the index contains no customer with this
 * email: nearly every request names a person by both, and must not cost more.
 */
async function otherHolders(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  named: { merchantId: MerchantId; email: string },
  rows: LockedPerson['rows'],
): Promise<CustomerId[]> {
  const { merchantId, email } = named;
  const indexed = await tx.run(HOLDERS, { merchantId, emailHash: emailHash(keys, email) });
  const holders =
    indexed.length > 0 ? indexed.map(({ id }) => id) : (await findSharedEmails(tx, ctx, keys, named)).ids;
  return holders.filter((holder) => rows.every(({ id }) => id !== holder));
}

const EMAIL_APART = 'another customer has the given email and is kept: the id decides who is meant';

/** Returns the receipt's remark about the customers that were found. */
export const receiptRemark = ({ rows, shared, allShared, apart }: LockedPerson): string =>
  [
    ...(rows.length > 1 ? [`${rows.length} customers: merged in the source, or with the same email`] : []),
    ...(shared > 0 ? [`${shared} of them found by decrypting emails without a blind index`] : []),
    ...(allShared
      ? []
      : [
          'not every email without a blind index could be checked: other customers may have this one; name them by their ids',
        ]),
    ...apart,
  ].join('; ');
