import type { CustomerId, MerchantId } from '@core/contracts';
import type { Reader } from '@core/db';
import type { MerchantKeyStore } from './merchant-keys.ts';
import { decryptEmails, generationOf } from './decrypt-emails.ts';

interface EncryptedEmail {
  id: CustomerId;
  merchantId: MerchantId;
  /** customers.email as stored. */
  email: string | null;
}

/**
 * Returns the plain email of a customer row; null when it has none.
 * @throws KeyError when the key is missing or destroyed, or the value belongs to another row
 */
export async function readEmail(
  reader: Reader,
  keys: MerchantKeyStore,
  row: EncryptedEmail,
): Promise<string | null> {
  const { id, merchantId, email } = row;
  if (email === null) return null;
  const merchantKeys = await keys.ofGeneration(reader, merchantId, generationOf(email));
  return (await decryptEmails(reader, merchantId, merchantKeys, [{ id, email }])).get(id) ?? null;
}
