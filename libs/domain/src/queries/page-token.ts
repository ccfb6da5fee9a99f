import { createHash } from 'node:crypto';
import { invalid } from '@core/runtime';

/**
 * A page token: where the page before ended, bound to what was asked. Opaque, not secret: it holds
 * nothing that the page did not show, and every query names the merchant itself.
 * @param asked merchant and filter, as plain JSON
 * @param key the last row's sort key
 */
export const pageToken = (asked: unknown, key: readonly string[]): string =>
  Buffer.from(JSON.stringify([digest(asked), ...key])).toString('base64url');

/**
 * @param shapes what each part of the key must look like: it goes into SQL as a typed value
 * @returns the key; null for the first page
 * @throws CoreError invalid_argument naming page_token
 */
export function readPageToken(
  token: string,
  asked: unknown,
  shapes: readonly RegExp[],
): readonly string[] | null {
  if (token === '') return null;
  const [bound, ...key] = parts(token);
  const fits = key.length === shapes.length && shapes.every((shape, i) => shape.test(key[i] ?? ''));
  if (bound !== digest(asked) || !fits) {
    throw invalid('page_token', 'must be the next_page_token of the same request, merchant and filter');
  }
  return key;
}

export const UUID_KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const parts = (token: string): string[] => {
  try {
    const read: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    return Array.isArray(read) && read.every((part) => typeof part === 'string') ? read : [];
  } catch {
    return [];
  }
};

const digest = (asked: unknown): string =>
  createHash('sha256').update(JSON.stringify(asked)).digest('base64url').slice(0, 16);
