import { RaceLost, type MerchantKeys, type Tx } from '@core/db';
import { IdReused } from '@core/runtime';
import type { CommandContext } from '../../core/index.ts';
import { emailTombstones, externalIdTombstones, type CanonicalNames } from '../../customers/index.ts';
import type { ErasureReceipt } from './receipt.ts';

interface RedactRequest extends CanonicalNames {
  merchantId: string;
  requestId: string;
}

type Name = 'customer_id' | 'external_id' | 'email';

/** By what a request named its person: our own id, and for the rest the hashes that tombstones have. */
type NamesInHex = Partial<Record<Name, string>>;

/** The names are for findReceipt alone; nobody is told them. */
type StoredReceipt = ErasureReceipt & { names?: NamesInHex };

/**
 * The receipt of a request that was done before; null when it waits to be done, or is new.
 * @throws IdReused when the request's id belongs to another kind of request, or to a request for somebody
 *   else: answered by their receipt, this person would be taken for erased
 */
export async function findReceipt(
  tx: Tx,
  { keys }: CommandContext,
  input: RedactRequest,
): Promise<ErasureReceipt | null> {
  const { merchantId, requestId } = input;
  const [request] = await tx.query<{ kind: string; done: boolean; receipt: StoredReceipt }>(
    `select kind, completed_at is not null as done, receipt from privacy_requests
      where merchant_id = $1 and request_id = $2`,
    [merchantId, requestId],
  );
  if (!request) return null;
  if (request.kind !== 'redact' && request.kind !== 'unknown')
    throw new IdReused('request_id', 'a request of another kind');
  if (!request.done) return null;
  if (isForAnother(request.receipt, await keys.find(tx, merchantId), input)) {
    throw new IdReused('request_id', 'a request for somebody else');
  }
  const { names: _, ...receipt } = request.receipt;
  return receipt;
}

/**
 * By the ids that both have, of which none may differ; without one, by the email; by none, nothing says that they are
 * the same.
 */
function isForAnother(
  { names, customerId }: StoredReceipt,
  keys: MerchantKeys | null,
  input: RedactRequest,
): boolean {
  const known = names?.customer_id ?? customerId;
  const isOwn = known && input.customerId ? known === input.customerId : undefined;
  // Earlier builds kept no names, and of a redacted shop nobody can make the hashes again: it is as it was then.
  if (isOwn === false || !names || !keys) return isOwn === false;
  const given = namesOf(keys, input);
  const isSame = (name: Name) => given[name]?.includes(names[name] ?? '');
  if (names.external_id && given.external_id) return !isSame('external_id');
  return isOwn === undefined && !(names.email && given.email && isSame('email'));
}

/** Each name first as it is kept, then as earlier builds kept it. */
const namesOf = (
  keys: MerchantKeys,
  { customerId, externalId, email }: CanonicalNames,
): Partial<Record<Name, string[]>> => ({
  ...(customerId ? { customer_id: [customerId] } : {}),
  ...(externalId ? { external_id: inHex(externalIdTombstones(keys, externalId)) } : {}),
  ...(email ? { email: inHex(emailTombstones(keys, email)) } : {}),
});

const inHex = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('hex'));

/**
 * Keeps the receipt of a redaction that is done. When it came stays as it was written down, if it was; also where an
 * operator has cancelled what could not be read then.
 * @throws RaceLost when a request of another kind took the id meanwhile
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
  const done = await tx.query(
    `insert into privacy_requests as request (merchant_id, request_id, kind, customer_id, receipt, completed_at)
     values ($1, $2, 'redact', $3, $4, now())
     on conflict (merchant_id, request_id) do update
       set kind = 'redact', customer_id = excluded.customer_id, receipt = excluded.receipt, completed_at = now(),
           cancelled_at = null, cancel_reason = null
     where request.kind in ('redact', 'unknown') and request.completed_at is null
     returning 1`,
    [input.merchantId, input.requestId, receipt.customerId, JSON.stringify(stored)],
  );
  if (done.length === 0) throw new RaceLost('another kind of request took the id meanwhile');
}

/** For a redacted shop: with everybody gone, each redaction that still waits is done, and its webhook may be gone, too. */
export const completeWaitingRedactions = async (
  tx: Tx,
  merchantId: string,
  receipt: ErasureReceipt,
): Promise<void> => {
  await tx.query(
    `update privacy_requests set receipt = $2, completed_at = now()
      where merchant_id = $1 and kind in ('redact', 'unknown') and completed_at is null`,
    [merchantId, JSON.stringify(receipt)],
  );
};
