import type { Actor, Tx } from '@core/db';
import { CoreError } from '@core/runtime';

/**
 * Records that a key of the keyring is needed no more and may be taken out of CORE_ENCRYPTION_KEYS: one audit row for
 * each merchant.
 * @param keyring its current key's id
 * @throws CoreError failed_precondition when something still needs it, saying how much and what to do
 */
export async function retireKey(
  tx: Tx,
  actor: Actor,
  keyring: { currentId: string },
  keyId: string,
): Promise<{ merchants: number }> {
  if (keyId === keyring.currentId) {
    throw new CoreError(
      'failed_precondition',
      `key ${keyId} is the current one; put another in front of it in CORE_ENCRYPTION_KEYS, everywhere, then run keys rotate`,
    );
  }
  const [needed] = await tx.query<{ merchants: number }>(
    `select count(distinct merchant_id)::int as merchants from merchant_keys
      where split_part(data_key, '.', 1) = $1 or split_part(index_key, '.', 1) = $1`,
    [keyId],
  );
  if (needed && needed.merchants > 0) {
    throw new CoreError(
      'failed_precondition',
      `key ${keyId} still wraps the keys of ${needed.merchants} ${needed.merchants === 1 ? 'merchant' : 'merchants'}; run keys rotate first`,
    );
  }
  // In one statement: there are as many rows as merchants.
  const [audited] = await tx.query<{ merchants: number }>(
    `with audited as (
       insert into audit_log (merchant_id, actor, action, detail, request_id)
       select distinct merchant_id, $1, 'keys.retire', jsonb_build_object('key', $2::text), $3 from merchant_keys
       returning 1)
     select count(*)::int as merchants from audited`,
    [actor.caller, keyId, actor.requestId],
  );
  return { merchants: audited?.merchants ?? 0 };
}
