import { and, eq, sql } from 'drizzle-orm';
import { externalIdOf, type MerchantId } from '@core/contracts';
import { emailHash, type MerchantKeys } from '@core/crypto';
import { build, customers, many, oneOf, statement, type Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import {
  emailTombstone,
  lockErasureExclusive,
  externalIdTombstone,
  type PersonNames,
} from '../customers/index.ts';
import type { PersonErasure } from './held-place.ts';
import { ERASED_OF_PERSON, UNTOUCHED_OF_PERSON } from './places-by-action.ts';
import { lockPerson, type LockedPerson } from './lock-person.ts';
import { completeRedaction, findReceipt } from './requests/redact-request.ts';
import { searched, type ErasedPlace, type ErasureReceipt } from './requests/receipt.ts';

/** A person, named by at least one of the three. */
export interface RedactCustomer extends PersonNames {
  merchantId: MerchantId;
  requestId: string;
}

/**
 * Erases a person: the row keeps only its ids, data held elsewhere is deleted, and tombstones prevent imports
 * from storing the person again. Customers that the source merged are one person. When only the email is
 * given, all customers with it are erased. When an id is given, another customer with that email stays, and
 * the receipt reports it.
 *
 * An unknown person gets an empty receipt, and tombstones for the given names: an import that contains them
 * may still be in progress. A request that was already done returns its receipt again and changes nothing,
 * because the person may be back by their own wish.
 * @throws IdReused when the request's id belongs to another kind of request, or to a request for another
 *   person; CoreError invalid_argument when its ids name two customers
 */
export async function redactCustomer(
  tx: Tx,
  ctx: CommandContext,
  input: RedactCustomer,
): Promise<ErasureReceipt> {
  const { merchantId } = input;
  await lockErasureExclusive(tx, { merchantId });
  const before = await findReceipt(tx, ctx, input);
  if (before) return before;
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const person = await lockPerson(tx, ctx, keys, input);
  const erasure = { ...(await tracesOf(tx, keys, input, person)), keys, person };
  const places: ErasedPlace[] = [];
  for (const { place, erase, removes, remark } of ERASED_OF_PERSON) {
    const done = await erase(tx, ctx, erasure);
    places.push(searched(place, done.found, removes, done.remark ?? remark));
  }
  const receipt: ErasureReceipt = { customerId: person.id, places: [...places, ...UNTOUCHED_OF_PERSON] };
  await completeRedaction(tx, keys, input, receipt);
  return receipt;
}

const OTHER_HOLDERS = statement({
  params: {
    merchantId: customers.merchantId,
    emailHashes: many(customers.emailHash),
    customerIds: many(customers.id),
  },
  row: { hash: sql<string>`encode(${customers.emailHash}, 'hex')` },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(
        and(
          eq(customers.merchantId, p.merchantId),
          oneOf(customers.emailHash, p.emailHashes),
          sql`${customers.id} <> all(${p.customerIds})`,
        ),
      ),
});

/** Collects the names by which the person is known elsewhere. */
async function tracesOf(
  tx: Tx,
  keys: MerchantKeys,
  { merchantId, requestId, customerId, externalId, email }: RedactCustomer,
  { rows, isOwn }: LockedPerson,
): Promise<Omit<PersonErasure, 'keys' | 'person'>> {
  const customerIds = rows.length > 0 ? rows.map(({ id }) => id) : customerId ? [customerId] : [];
  const stored = rows.flatMap((row) => (row.externalId ? [externalIdOf(row.externalId)] : []));
  const externalIds = new Set([...stored, ...(externalId ? [externalId] : [])]);
  const hashes = rows.flatMap((row) => row.emailHash ?? []);
  // A deleted customer's email is already removed: the request's email replaces it.
  if (email && (rows.every(({ deleted }) => deleted) || (!isOwn && !externalId))) {
    hashes.push(emailHash(keys, email));
  }
  const emailHashes = new Set(hashes.map((hash) => hash.toString('hex')));
  // A person named by an external id that is not stored here may share the email with a customer who stays.
  const stay = await tx.run(OTHER_HOLDERS, { merchantId, emailHashes: hashes, customerIds });
  const others = new Set(stay.map(({ hash }) => hash));
  return {
    merchantId,
    requestId,
    customerIds,
    externalIds,
    emailHashes: new Set([...emailHashes].filter((hash) => !others.has(hash))),
    tombstones: [
      ...[...emailHashes].map((hash) => ({
        kind: 'email' as const,
        hash: emailTombstone(keys, Buffer.from(hash, 'hex')),
      })),
      ...[...externalIds].map((id) => ({
        kind: 'external_id' as const,
        hash: externalIdTombstone(keys, id),
      })),
    ],
  };
}
