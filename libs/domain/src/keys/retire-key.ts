import type { Actor, Keyring, Reader, Tx } from '@core/db';
import { CoreError } from '@core/runtime';

type Ids = Pick<Keyring, 'currentId' | 'ids'>;

/**
 * @throws CoreError failed_precondition when something still needs the key, saying how much and what to do; not_found
 *   when there is no such key, naming those that there are
 */
export async function assertRetirable(reader: Reader, { currentId, ids }: Ids, keyId: string): Promise<void> {
  if (keyId === currentId) {
    throw new CoreError(
      'failed_precondition',
      `key ${keyId} is the current one; put another in front of it in CORE_ENCRYPTION_KEYS, everywhere, then run keys rotate`,
    );
  }
  const [needed] = await reader.query<{ merchants: number }>(
    `select count(distinct merchant_id)::int as merchants from merchant_keys
      where split_part(data_key, '.', 1) = $1 or split_part(index_key, '.', 1) = $1`,
    [keyId],
  );
  if (needed && needed.merchants > 0) {
    const merchants = needed.merchants === 1 ? '1 merchant' : `${needed.merchants} merchants`;
    throw new CoreError(
      'failed_precondition',
      `key ${keyId} still wraps the keys of ${merchants}; run keys rotate first`,
    );
  }
  if (!ids.includes(keyId)) {
    throw new CoreError(
      'not_found',
      `there is no key ${keyId} in CORE_ENCRYPTION_KEYS, only ${ids.join(', ')}`,
    );
  }
}

/**
 * Records that a key of the keyring is needed no more and may be taken out of CORE_ENCRYPTION_KEYS: one audit row for
 * each merchant, in one statement, as there are many.
 * @throws CoreError as assertRetirable
 */
export async function retireKey(tx: Tx, actor: Actor, keyring: Ids, keyId: string): Promise<void> {
  await assertRetirable(tx, keyring, keyId);
  await tx.query(
    `insert into audit_log (merchant_id, actor, action, detail, request_id)
     select distinct on (merchant_id) merchant_id, $1, 'keys.retire', jsonb_build_object('key', $2::text), $3
       from merchant_keys`,
    [actor.caller, keyId, actor.requestId],
  );
}
