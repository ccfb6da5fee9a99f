import type { CustomerId, MerchantId } from '@core/contracts';
import { decryptEmails, generationOf, KeyError, type MerchantKeys } from '@core/crypto';
import { type Tx } from '@core/db';
import type { Keys } from '../../core/index.ts';

/** An email as it is stored, with its customer. */
export interface EncryptedEmail {
  id: CustomerId;
  email: string;
}

/**
 * The plain emails of those that open, by customer id. A broken value, or one whose key is gone, must keep nobody from
 * being erased, nor from being told of all the rest: the caller says how many are missing.
 */
export async function decryptReadable(
  tx: Tx,
  { keys }: Keys,
  merchantId: MerchantId,
  encrypted: readonly EncryptedEmail[],
): Promise<Map<CustomerId, string>> {
  const decrypted: [CustomerId, string][] = [];
  for (const [generation, some] of Map.groupBy(encrypted, generationIfAny)) {
    const key =
      generation === undefined
        ? undefined
        : await unlessKeyError(() => keys.ofGeneration(tx, merchantId, generation));
    if (key) decrypted.push(...(await decryptSome(tx, merchantId, key, some)));
  }
  return new Map(decrypted);
}

/** Halved until the broken ones are alone: a statement opens all of its values or none. */
async function decryptSome(
  tx: Tx,
  merchantId: MerchantId,
  keys: MerchantKeys,
  encrypted: readonly EncryptedEmail[],
): Promise<[CustomerId, string][]> {
  await tx.query('savepoint decrypt_emails');
  const decrypted = await unlessKeyError(() => decryptEmails(tx, merchantId, keys, encrypted));
  if (!decrypted) await tx.query('rollback to savepoint decrypt_emails');
  await tx.query('release savepoint decrypt_emails');
  if (decrypted) return [...decrypted];
  if (encrypted.length === 1) return [];
  const half = Math.ceil(encrypted.length / 2);
  return [
    ...(await decryptSome(tx, merchantId, keys, encrypted.slice(0, half))),
    ...(await decryptSome(tx, merchantId, keys, encrypted.slice(half))),
  ];
}

const unlessKeyError = <T>(work: () => Promise<T>): Promise<T | undefined> =>
  work().catch((error: unknown) => {
    if (error instanceof KeyError) return undefined;
    throw error;
  });

function generationIfAny({ email }: EncryptedEmail): number | undefined {
  try {
    return generationOf(email);
  } catch {
    return undefined;
  }
}
