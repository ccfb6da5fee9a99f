import { emailHash, type MerchantKeys, type Tx } from '@core/db';
import { externalIdOf, type CommandContext, type ExternalId } from '../core/index.ts';
import {
  findPerson,
  findSharedEmails,
  healExternalId,
  MERGED_WITH,
  reindexEmails,
  type CanonicalNames,
} from '../customers/index.ts';

export type NamedPerson = CanonicalNames & { merchantId: string };

/** A person in the hands of an erasure. */
export interface LockedPerson {
  /** The customer that the names meant; null: nobody. */
  id: string | null;
  /** Whether our own id was given, and is theirs: the other names are then not looked at. */
  isOwn: boolean;
  rows: { id: string; external_id: string | null; email_hash: Buffer | null; deleted: boolean }[];
  /** How many of the rows hold the email without its blind index. */
  shared: number;
  /** Whether all who might were looked at. */
  allShared: boolean;
  /** Names that were given and are not the rows', in words. */
  apart: string[];
}

/** @throws CoreError invalid_argument when the ids name two customers */
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
  const rows = await tx.query<LockedPerson['rows'][number]>(
    `select id, external_id, email_hash, deleted_at is not null as deleted
       from customers where merchant_id = $1 and id in (${MERGED_WITH}) order by id for update`,
    [merchantId, named],
  );
  return {
    id: named[0] ?? null,
    isOwn,
    rows,
    shared: shared.ids.length,
    allShared: shared.all,
    apart: [
      ...idsApart(input, isOwn, rows),
      ...(email && !byEmail ? await emailApart(tx, ctx, keys, { merchantId, email }, rows) : []),
    ],
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
    if (id) await healExternalId(tx, ctx, { merchantId, origin: 'privacy' }, id);
  }
}

async function storedExternalId(
  tx: Tx,
  merchantId: string,
  customerId: string,
): Promise<ExternalId | undefined> {
  const [row] = await tx.query<{ externalId: string | null }>(
    'select external_id as "externalId" from customers where merchant_id = $1 and id = $2',
    [merchantId, customerId],
  );
  return row?.externalId ? externalIdOf(row.externalId) : undefined;
}

function idsApart(
  { customerId, externalId }: NamedPerson,
  isOwn: boolean,
  rows: LockedPerson['rows'],
): string[] {
  const isHere = rows.some(({ external_id: id }) => id === externalId);
  return [
    ...(customerId && !isOwn ? ['nobody here has the customer_id that was given'] : []),
    ...(isOwn && externalId && !isHere ? ['nobody here has the external_id that was given'] : []),
  ];
}

/**
 * Beside an id an email decides nothing, and whoever else holds it stays. Emails without a blind index are decrypted only
 * when nobody holds this one by the index: nearly every request names a person by both, and has to cost no more than that.
 */
async function emailApart(
  tx: Tx,
  ctx: CommandContext,
  keys: MerchantKeys,
  named: { merchantId: string; email: string },
  rows: LockedPerson['rows'],
): Promise<string[]> {
  const wanted = emailHash(keys, named.email);
  const indexed = await tx.query<{ id: string }>(
    'select id from customers where merchant_id = $1 and email_hash = $2',
    [named.merchantId, wanted],
  );
  const holders =
    indexed.length > 0 ? indexed.map(({ id }) => id) : (await findSharedEmails(tx, ctx, keys, named)).ids;
  const others = holders.filter((holder) => rows.every(({ id }) => id !== holder));
  return others.length > 0
    ? ['another customer has the email that was given, and stays: the id says who is meant']
    : [];
}

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
