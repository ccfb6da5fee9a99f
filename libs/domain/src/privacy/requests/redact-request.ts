import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { type MerchantKeys } from '@core/crypto';
import {
  assign,
  bare,
  build,
  insertValues,
  json,
  ONE,
  privacyRequests,
  RaceLost,
  statement,
  type Tx,
} from '@core/db';
import { IdReused } from '@core/runtime';
import type { CommandContext } from '../../core/index.ts';
import { emailTombstones, externalIdTombstones, type PersonNames } from '../../customers/index.ts';
import type { ErasureReceipt } from './receipt.ts';
import { isRequest, REQUEST_REF } from './request-ref.ts';

interface RedactRequest extends PersonNames {
  merchantId: MerchantId;
  requestId: string;
}

type Name = 'customer_id' | 'external_id' | 'email';

/** The names by which a request identified its person: our own id, and the tombstone hashes of the others. */
type NamesInHex = Partial<Record<Name, string>>;

/** The names are only for findReceipt and are never returned to a caller. */
type StoredReceipt = ErasureReceipt & { names?: NamesInHex };

const READ = statement({
  params: REQUEST_REF,
  row: {
    kind: privacyRequests.kind,
    customerId: privacyRequests.customerId,
    done: sql<boolean>`${privacyRequests.completedAt} is not null`,
    receipt: sql<StoredReceipt>`${privacyRequests.receipt}`,
  },
  text: (p, row) => build.select(row).from(privacyRequests).where(isRequest(p)),
});

/**
 * Returns the receipt of a request that was already done; null when it is pending or new.
 * @throws IdReused when the request's id belongs to another kind of request, or to a request for another
 *   person: answered by that receipt, this person would be considered erased
 */
export async function findReceipt(
  tx: Tx,
  { keys }: CommandContext,
  input: RedactRequest,
): Promise<ErasureReceipt | null> {
  const { merchantId, requestId } = input;
  const [request] = await tx.run(READ, { merchantId, requestId });
  if (!request) return null;
  if (request.kind !== 'redact' && request.kind !== 'unknown')
    throw new IdReused('request_id', 'a request of another kind');
  if (!request.done) {
    // Recorded by requestErasure, which names the customer.
    if (request.customerId && request.customerId !== input.customerId) throw reusedForAnother();
    return null;
  }
  if (isForAnother(request.receipt, await keys.find(tx, merchantId), input)) throw reusedForAnother();
  const { names: _, ...receipt } = request.receipt;
  return receipt;
}

const reusedForAnother = () => new IdReused('request_id', 'a request for another person');

/**
 * Compares the ids that both have, none of which may differ; without a common id, the email. Without a common
 * name, nothing shows that they are the same.
 */
function isForAnother(
  { names, customerId }: StoredReceipt,
  keys: MerchantKeys | null,
  input: RedactRequest,
): boolean {
  const known = names?.customer_id ?? customerId;
  const isOwn = known && input.customerId ? known === input.customerId : undefined;
  // Earlier builds stored no names, and the hashes of a redacted shop cannot be computed again. Only our own
  // ids are compared then, as earlier builds did.
  if (isOwn === false || !names || !keys) return isOwn === false;
  const given = namesOf(keys, input);
  const isSame = (name: Name) => given[name]?.includes(names[name] ?? '');
  if (names.external_id && given.external_id) return !isSame('external_id');
  return isOwn === undefined && !(names.email && given.email && isSame('email'));
}

/** Returns each name as it is stored now, followed by the forms that earlier builds stored. */
const namesOf = (
  keys: MerchantKeys,
  { customerId, externalId, email }: PersonNames,
): Partial<Record<Name, string[]>> => ({
  ...(customerId ? { customer_id: [customerId] } : {}),
  ...(externalId ? { external_id: inHex(externalIdTombstones(keys, externalId)) } : {}),
  ...(email ? { email: inHex(emailTombstones(keys, email)) } : {}),
});

const inHex = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('hex'));

/** A pending redact request, or a pending request that may turn out to be one. */
const WAITS = and(inArray(privacyRequests.kind, ['redact', 'unknown']), isNull(privacyRequests.completedAt));

const COMPLETE = statement({
  params: { ...REQUEST_REF, customerId: privacyRequests.customerId, receipt: json },
  row: ONE,
  text({ merchantId, requestId, customerId, receipt }, row) {
    const done = { kind: sql`'redact'`, customerId, receipt, completedAt: sql`now()` };
    return sql`
      ${insertValues(privacyRequests, { merchantId, requestId, ...done })}
      on conflict (${bare(privacyRequests.merchantId, privacyRequests.requestId)})
      do update set ${assign(privacyRequests, { ...done, cancelledAt: sql`null`, cancelReason: sql`null` })}
      where ${WAITS} returning ${row}`;
  },
});

/**
 * Stores the receipt of a completed erasure. The time of arrival stays as it was recorded, if it was; this
 * includes a request that could not be read then and that an operator has cancelled.
 * @throws RaceLost when a request of another kind was stored under the id in the meantime
 */
export async function completeRedaction(
  tx: Tx,
  keys: MerchantKeys,
  input: RedactRequest,
  receipt: ErasureReceipt,
): Promise<void> {
  const names = Object.fromEntries(
    Object.entries(namesOf(keys, input)).map(([name, [kept]]) => [name, kept]),
  );
  const stored: StoredReceipt = { ...receipt, names };
  const { merchantId, requestId } = input;
  const { customerId } = receipt;
  const done = await tx.run(COMPLETE, { merchantId, requestId, customerId, receipt: JSON.stringify(stored) });
  if (done.length === 0) throw new RaceLost('a request of another kind has just been stored under this id');
}

const COMPLETE_WAITING = statement({
  params: { merchantId: privacyRequests.merchantId, receipt: json },
  text: (p) =>
    build
      .update(privacyRequests)
      .set({ receipt: p.receipt, completedAt: sql`now()` })
      .where(and(eq(privacyRequests.merchantId, p.merchantId), WAITS)),
});

/**
 * Completes the pending redact requests of a merchant whose shop is redacted: all customers are erased, so
 * each of these requests is done, and its webhook may be deleted as well.
 */
export const completeWaitingRedactions = async (
  tx: Tx,
  merchantId: MerchantId,
  receipt: ErasureReceipt,
): Promise<void> => {
  await tx.run(COMPLETE_WAITING, { merchantId, receipt: JSON.stringify(receipt) });
};
