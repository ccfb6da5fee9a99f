import type { Reader } from '../transaction.ts';
import { decryptEmailSql, passphrase } from './email.ts';
import { KeyError } from './keyring.ts';
import type { MerchantKeyStore } from './merchant-keys.ts';

interface EncryptedEmail {
  id: string;
  merchantId: string;
  /** customers.email as stored. */
  email: string | null;
}

/**
 * The plain email of a customer row, null when it has none.
 * @throws KeyError when the key is gone or the value belongs to another row
 */
export async function readEmail(
  reader: Reader,
  keys: MerchantKeyStore,
  row: EncryptedEmail,
): Promise<string | null> {
  if (row.email === null) return null;
  const generation = Number(row.email.slice(0, row.email.indexOf('.')));
  if (!Number.isInteger(generation)) throw new KeyError('stored email has no key generation');
  const merchantKeys = await keys.ofGeneration(reader, row.merchantId, generation);
  const [decrypted] = await reader.query<{ plain: string }>(
    `select ${decryptEmailSql({ email: '$1', passphrase: '$2' })} as plain`,
    [row.email, passphrase(merchantKeys)],
  );
  const owner = `${row.merchantId}|${row.id}|`;
  if (!decrypted?.plain.startsWith(owner)) throw new KeyError('stored email belongs to another customer');
  return decrypted.plain.slice(owner.length);
}
