import { createHmac, timingSafeEqual } from 'node:crypto';
import { invalid } from '@core/runtime';

/** Tokens say where a page ended. Callers can read them, but neither change one nor use it for another list. */
export interface PageTokens {
  /**
   * @param list what is listed: the rpc, the merchant, the filter, as plain JSON
   * @param key the key after which the next page begins
   */
  make(list: unknown, key: readonly string[]): string;
  /**
   * @returns the key; null for the first page
   * @throws CoreError invalid_argument naming page_token
   */
  read(token: string, list: unknown): readonly string[] | null;
}

/** Half of an HMAC-SHA-256: nobody finds one by trying, and tokens stay short. */
const SIGNATURE_BYTES = 16;

/** @param keys the first one signs, any of them proves: a list goes on while keys are rotated */
export function createPageTokens(keys: readonly [Buffer, ...Buffer[]]): PageTokens {
  return {
    make: (list, key) =>
      Buffer.concat([sign(keys[0], list, key), Buffer.from(JSON.stringify(key))]).toString('base64url'),
    read(token, list) {
      if (token === '') return null;
      const bytes = Buffer.from(token, 'base64url');
      const key = parts(bytes.subarray(SIGNATURE_BYTES));
      const isOurs = keys.some((each) => equal(bytes.subarray(0, SIGNATURE_BYTES), sign(each, list, key)));
      // base64 has several spellings of the same bytes; we made only one of them.
      if (!isOurs || bytes.toString('base64url') !== token) {
        throw invalid('page_token', 'must be the next_page_token of the same request, merchant and filter');
      }
      return key;
    },
  };
}

const sign = (secret: Buffer, list: unknown, key: readonly string[]): Buffer =>
  createHmac('sha256', secret)
    .update(JSON.stringify([list, key]))
    .digest()
    .subarray(0, SIGNATURE_BYTES);

const equal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/** Nothing for what does not read like a key: no signature was ever made for that. */
const parts = (bytes: Buffer): string[] => {
  try {
    const read: unknown = JSON.parse(bytes.toString());
    return Array.isArray(read) && read.every((part) => typeof part === 'string') ? read : [];
  } catch {
    return [];
  }
};
