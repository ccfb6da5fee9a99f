import { createHmac } from 'node:crypto';

/** The scope of a cursor: it may only be used with the arguments it was issued under. */
export interface CursorScope {
  shop: string;
  query: string;
  sortKey: string;
  reverse: boolean;
}

/** The last row a client has seen: its sort value and its id, so that deleted rows do not shift a page. */
export interface Position {
  value: number;
  id: number;
}

/**
 * Cursors look like Shopify's (base64 of a small JSON), but carry a signature over scope and position: an
 * edited, invented or misused one is found out. Signed instead of remembered, so that a million pages cost no
 * memory; the secret comes from the seed, so that a checkpoint survives a restart of the stand-in.
 * Source: shopify.dev/docs/api/usage/pagination-graphql.
 */
export function issueCursor(secret: string, scope: CursorScope, position: Position): string {
  const { id, value } = position;
  const { shop, query, sortKey, reverse } = scope;
  const s = sign(secret, [shop, query, sortKey, reverse, id, value]);
  return encodeCursor({ last_id: id, last_value: value, s });
}

/** The position of a cursor issued under exactly this scope, else undefined. */
export function readCursor(secret: string, scope: CursorScope, cursor: string): Position | undefined {
  const { last_id: id, last_value: value } = decodeCursor(cursor);
  if (typeof id !== 'number' || typeof value !== 'number') return undefined;
  // Compared as a whole: a cursor padded, re-encoded or reordered on the way was not used as given either.
  return issueCursor(secret, scope, { id, value }) === cursor ? { id, value } : undefined;
}

export const encodeCursor = (body: Record<string, unknown>): string =>
  Buffer.from(JSON.stringify(body)).toString('base64');

/** Empty when it is no cursor at all. */
export function decodeCursor(cursor: string): Record<string, unknown> {
  try {
    return (JSON.parse(Buffer.from(cursor, 'base64').toString('utf8')) ?? {}) as Record<string, unknown>;
  } catch {
    return {}; // not JSON: never issued here
  }
}

export const sign = (secret: string, parts: unknown[]): string =>
  createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url').slice(0, 16);

/**
 * The secrets of a shop: each expiry of its cursors begins a new one, and the older ones tell a cursor that has
 * expired from one that was never issued. Shopify documents cursors as temporary, without a lifetime.
 */
export function createCursorSecrets(seed: string) {
  const secrets = [seed];
  return {
    current: () => secrets[0] ?? seed,
    expire: () => void secrets.unshift(`${seed}#${secrets.length}`),
    /** The first that reads, told as fresh or expired; undefined: no cursor of this shop. */
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
