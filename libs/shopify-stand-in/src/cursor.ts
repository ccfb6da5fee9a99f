import { createHmac } from 'node:crypto';

/** The scope of a cursor. The cursor may only be used with the arguments under which it was issued. */
export interface CursorScope {
  shop: string;
  query: string;
  sortKey: string;
  reverse: boolean;
}

/** The last row that a client has seen: its sort value and id. Deleted rows therefore do not shift a page. */
export interface Position {
  value: number;
  id: number;
}

/**
 * Issues a cursor. Cursors look like Shopify's (base64 of a small JSON object) but contain a signature over
 * scope and position, which detects an edited, invented or misused cursor. Cursors are signed instead of
 * stored, so a million pages cost no memory. The secret is derived from the seed, so a checkpoint survives a
 * restart of the stand-in.
 * Source: shopify.dev/docs/api/usage/pagination-graphql.
 */
export function issueCursor(secret: string, scope: CursorScope, position: Position): string {
  const { id, value } = position;
  const { shop, query, sortKey, reverse } = scope;
  const s = sign(secret, [shop, query, sortKey, reverse, id, value]);
  return encodeCursor({ last_id: id, last_value: value, s });
}

/** Returns the position of a cursor issued under exactly this scope, else undefined. */
export function readCursor(secret: string, scope: CursorScope, cursor: string): Position | undefined {
  const { last_id: id, last_value: value } = decodeCursor(cursor);
  if (typeof id !== 'number' || typeof value !== 'number') return undefined;
  // Compared as a whole: a padded, re-encoded or reordered cursor was not used as issued either.
  return issueCursor(secret, scope, { id, value }) === cursor ? { id, value } : undefined;
}

export const encodeCursor = (body: Record<string, unknown>): string =>
  Buffer.from(JSON.stringify(body)).toString('base64');

/** Returns the fields of a cursor; empty for an invalid one. */
export function decodeCursor(cursor: string): Record<string, unknown> {
  try {
    return (JSON.parse(Buffer.from(cursor, 'base64').toString('utf8')) ?? {}) as Record<string, unknown>;
  } catch {
    return {}; // not JSON: never issued by the stand-in
  }
}

export const sign = (secret: string, parts: unknown[]): string =>
  createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url').slice(0, 16);

/**
 * Keeps the secrets of a shop. Each expiry of its cursors starts a new secret. The older secrets distinguish
 * an expired cursor from one that was never issued. Shopify documents cursors as temporary, without a
 * lifetime.
 */
export function createCursorSecrets(seed: string) {
  const secrets = [seed];
  return {
    current: () => secrets[0] ?? seed,
    expire: () => void secrets.unshift(`${seed}#${secrets.length}`),
    /**
     * Returns the first value that `read` accepts, marked as expired or not; undefined: not a cursor of this
     * shop.
     */
    read<T>(read: (secret: string) => T | undefined): { value: T; expired: boolean } | undefined {
      for (const [age, secret] of secrets.entries()) {
        const value = read(secret);
        if (value !== undefined) return { value, expired: age > 0 };
      }
      return undefined;
    },
  };
}
export type CursorSecrets = ReturnType<typeof createCursorSecrets>;
