import { createHmac, timingSafeEqual } from 'node:crypto';
import { invalid } from '@core/runtime';

/**
 * Tokens that mark where a page ended. A caller can read one, but neither change it nor use it for another
 * list.
 */
export interface PageTokens {
  /**
   * @param list identifies the list: rpc, merchant and filter as plain JSON
   * @param key the key after which the next page starts
   */
  make(list: unknown, key: readonly string[]): string;
  /**
   * @returns the key; null for the first page
   * @throws CoreError invalid_argument naming page_token
   */
  read(token: string, list: unknown): readonly string[] | null;
}

/** Half of an HMAC-SHA-256: infeasible to find by trying, and tokens stay short. */
const SIGNATURE_BYTES = 16;

/** @param keys the first key signs, all of them verify: a list can be continued while keys are rotated */
export function createPageTokens(keys: readonly [Buffer, ...Buffer[]]): PageTokens {
  return {
    make: (list, key) =>
      Buffer.concat([sign(keys[0], list, key), Buffer.from(JSON.stringify(key))]).toString('base64url'),
    read(token, list) {
      if (token === '') return null;
      const bytes = Buffer.from(token, 'base64url');
      const key = parts(bytes.subarray(SIGNATURE_BYTES));
      const isOurs = keys.some((each) => equal(bytes.subarray(0, SIGNATURE_BYTES), sign(each, list, key)));
      // base64 has several spellings of the same bytes; a token of ours has only one.
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

/** Returns an empty key for bytes that are not a key: no token was ever signed for that. */
const parts = (bytes: Buffer): string[] => {
  try {
    const read: unknown = JSON.parse(bytes.toString());
    return Array.isArray(read) && read.every((part) => typeof part === 'string') ? read : [];
  } catch {
    return [];
  }
};
