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
 * Returns the plain emails of those that can be decrypted, by customer id. A broken value, or one with a
 * missing key, must neither prevent an erasure nor hide the other values of an export: the caller reports how
 * many are missing.
 */
export async function decryptReadableEmails(
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

/** Halves the batch until the broken values are isolated: a statement decrypts all of its values or none. */
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
