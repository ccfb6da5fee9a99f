import type { MerchantId } from '@core/contracts';
import type { Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import {
  earlierHashes,
  findPerson,
  hashNames,
  lockErasureShared,
  normalizeExternalId,
  reindexEmails,
  type PersonNames,
} from '../../customers/index.ts';
import type { RecordedRequest } from './find-data-subjects.ts';

/** A request as it arrived, with the hashes that earlier builds computed from its names. */
export type Subject = RecordedRequest & { earlier: readonly Buffer[] };

export const NO_SUBJECT: Subject = { customerId: null, namedEmail: null, namedExternalId: null, earlier: [] };

/**
 * Finds the person of a request, and hashes the names. Reads no key when no name is given: a request must be
 * recorded even while the keyring lacks the key.
 */
export async function nameSubject(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, ...names }: PersonNames & { merchantId: MerchantId },
): Promise<Subject> {
  if (!names.customerId && !names.externalId && !names.email) return NO_SUBJECT;
  const { externalId, email } = names;
  // Acquired before the keys, in the order of all who need both; normalizeExternalId acquires it again.
  if (externalId) await lockErasureShared(tx, { merchantId });
  // Created if missing: before its first import, a merchant has no other key to hash with.
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  if (externalId) await normalizeExternalId(tx, ctx, { merchantId, origin: 'privacy', externalId });
  if (email) await reindexEmails(tx, keys, merchantId, [email]);
  const customerId = await findPerson(tx, keys, merchantId, names);
  return { customerId, ...hashNames(keys, names, customerId), earlier: earlierHashes(keys, names) };
}
