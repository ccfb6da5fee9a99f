import type { MerchantId } from '@core/contracts';
import type { Reader } from '@core/db';
import { decrypt, encrypt } from './keyring.ts';
import type { MerchantKeyStore } from './merchant-keys.ts';
import type { MerchantKeys } from './wrapped-keys.ts';

/**
 * Encrypts a value under the merchant's data key as `<generation>.<encrypted>`. It can be decrypted with the
 * same context only.
 */
export const encryptValue = (keys: MerchantKeys, plain: Buffer, context: string): string =>
  `${keys.generation}.${encrypt(keys.dataKey, plain, context)}`;

/** Splits a value that encryptValue returned. */
export function splitEncrypted(value: string): { generation: string; encrypted: string } {
  const dot = value.indexOf('.');
  return { generation: value.slice(0, dot), encrypted: value.slice(dot + 1) };
}

/**
 * Decrypts a value that encryptValue returned.
 * @throws KeyError when the merchant's key is missing or destroyed, or the value was changed or belongs to
 * another context
 */
export async function decryptValue(
  reader: Reader,
  keys: MerchantKeyStore,
  { merchantId, value, context }: { merchantId: MerchantId; value: string; context: string },
): Promise<Buffer> {
  const { generation, encrypted } = splitEncrypted(value);
  const { dataKey } = await keys.ofGeneration(reader, merchantId, Number(generation));
  return decrypt(dataKey, encrypted, context);
}
