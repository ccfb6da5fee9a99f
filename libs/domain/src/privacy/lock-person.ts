import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { emailHash, type MerchantKeys } from '@core/crypto';
import { build, customers, many, statement, type RowOf, type Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import {
  emailOfAnother,
  findPerson,
  findSharedEmails,
  healExternalId,
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

/** A person in the hands of an erasure. */
export interface LockedPerson {
  /** The customer that the names meant; null: nobody. */
  id: CustomerId | null;
  /** Whether our own id was given, and is theirs: the other names are then not looked at. */
  isOwn: boolean;
  rows: RowOf<typeof ROW>[];
  /** How many of the rows hold the email without its blind index. */
  shared: number;
  /** Whether all who might were looked at. */
  allShared: boolean;
  /** Names that were given and are not the rows', in words. */
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

/** @throws NamesDisagree as findPerson does, also where the email is stored without a blind index */
export async function lockPerson(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  input: NamedPerson,
): Promise<LockedPerson> {
  const { merchantId, customerId, externalId, email } = input;
  await healNames(tx, ctx, keys, input);
  const id = await findPerson(tx, keys, merchantId, input);
  const isOwn = id !== null && id === customerId;
  const byEmail = email && !externalId && !isOwn;
  const shared = byEmail
    ? await findSharedEmails(tx, ctx, keys, { merchantId, email })
    : { ids: [], all: true };
  const named = [...(id ? [id] : []), ...shared.ids];
  const rows = await tx.run(LOCK, { merchantId, ids: named });
  const others = email && !byEmail ? await otherHolders(tx, ctx, keys, { merchantId, email }, rows) : [];
  if (id === null && others.length > 0) throw emailOfAnother();
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
 * Earlier builds stored names in other forms: by them the person would not be found, or would be found as one of two
 * customers, and the other stay.
 */
async function healNames(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  { merchantId, customerId, externalId, email }: NamedPerson,
): Promise<void> {
  if (email) await reindexEmails(tx, keys, merchantId, [email]);
  const stored = customerId ? await storedExternalId(tx, merchantId, customerId) : undefined;
  for (const id of new Set([stored, externalId])) {
    if (id) await healExternalId(tx, ctx, { merchantId, origin: 'privacy', externalId: id });
  }
}

function idsApart(
  { customerId, externalId }: NamedPerson,
  isOwn: boolean,
  rows: LockedPerson['rows'],
): string[] {
  const isHere = rows.some((row) => row.externalId === externalId);
  return [
    ...(customerId && !isOwn ? ['nobody here has the customer_id that was given'] : []),
    ...(isOwn && externalId && !isHere ? ['nobody here has the external_id that was given'] : []),
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
 * Beside an id an email decides nothing, and whoever else holds it stays. Emails without a blind index are decrypted only
 * when nobody holds this one by the index: nearly every request names a person by both, and has to cost no more than that.
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

const EMAIL_APART = 'another customer has the email that was given, and stays: the id says who is meant';

/** The remark of a receipt about the customers that were found. */
export const remarkOf = ({ rows, shared, allShared, apart }: LockedPerson): string =>
  [
    ...(rows.length > 1 ? [`${rows.length} customers: merged in the source, or with the same email`] : []),
    ...(shared > 0 ? [`${shared} of them found by decrypting emails without a blind index`] : []),
    ...(allShared
      ? []
      : [
          'not every email without a blind index could be looked at: others may hold this one, name them by their ids',
        ]),
    ...apart,
  ].join('; ');
