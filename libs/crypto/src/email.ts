import { createHmac } from 'node:crypto';
import { sql, type Column, type SQL } from 'drizzle-orm';
import { earlierEmailForms, normalizeEmail } from './email-form.ts';
import type { MerchantKeys } from './wrapped-keys.ts';

// Blind index, data key and index key: docs/glossary.md#privacy-and-keys.
/** Blind index of an email under the merchant's index key: equal emails of two merchants do not match. */
export const emailHash = (keys: MerchantKeys, email: string): Buffer =>
  keyedHash(keys, 'email', normalizeEmail(email));

/** Blind indexes that earlier builds made of this email; empty for nearly every email. */
export const earlierEmailHashes = (keys: MerchantKeys, email: string): Buffer[] =>
  earlierEmailForms(email).map((form) => keyedHash(keys, 'email', form));

/**
 * Keyed hash of a value of one kind: for tombstones, the blind index, and to recognize a repeated webhook.
 */
export const keyedHash = (
  keys: MerchantKeys,
  kind: 'email' | 'external_id' | 'webhook',
  value: string,
): Buffer => createHmac('sha256', keys.indexKey).update(`${kind}|${value}`).digest();

/** The data key as pgcrypto's passphrase: random 256-bit keys need no stretching, hence s2k-mode=1. */
export const passphrase = (keys: MerchantKeys): string => keys.dataKey.toString('base64');

type Expression = SQL | Column;

/**
 * SQL expression for an email's ciphertext, `<generation>.<base64 without newlines>`; null for null. The
 * row's ids are encrypted together with the email, so that a value copied into another row is detected.
 */
export const encryptEmail = (p: {
  merchantId: Expression;
  customerId: Expression;
  email: Expression;
  generation: Expression;
  passphrase: Expression;
}): SQL<string | null> =>
  sql`case when ${p.email} is null then null else ${encryptBoundEmail({
    ...p,
    plain: sql`${p.merchantId}::text || '|' || ${p.customerId}::text || '|' || ${p.email}`,
  })} end`;

/**
 * SQL expression that encrypts a plain `merchant_id|customer_id|email`, the form that decryptEmail returns.
 */
export const encryptBoundEmail = (p: {
  plain: Expression;
  generation: Expression;
  passphrase: Expression;
}): SQL<string> =>
  sql`${p.generation}::text || '.' || translate(encode(
    pgp_sym_encrypt(${p.plain}, ${p.passphrase}, 'cipher-algo=aes256, s2k-mode=1'), 'base64'), E'\\n', '')`;

/** SQL expression that decrypts a stored value to its plain `merchant_id|customer_id|email`. */
export const decryptEmail = (p: { email: Expression; passphrase: Expression }): SQL<string> =>
  sql`pgp_sym_decrypt(decode(split_part(${p.email}, '.', 2), 'base64'), ${p.passphrase})`;
