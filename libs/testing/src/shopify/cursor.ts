import { createHmac } from 'node:crypto';

/** What a cursor is good for: it may only be used with the arguments it was issued under. */
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
  const body = JSON.stringify({ last_id: id, last_value: value, s: sign(secret, scope, position) });
  return Buffer.from(body).toString('base64');
}

/** The position of a cursor issued under exactly this scope, else undefined. */
export function readCursor(secret: string, scope: CursorScope, cursor: string): Position | undefined {
  const position = decode(cursor);
  // Compared as a whole: a cursor padded, re-encoded or reordered on the way was not used as given either.
  return position && issueCursor(secret, scope, position) === cursor ? position : undefined;
}

function decode(cursor: string): Position | undefined {
  try {
    const body = JSON.parse(Buffer.from(cursor, 'base64').toString('utf8')) as Record<string, unknown> | null;
    const { last_id: id, last_value: value } = body ?? {};
    return typeof id === 'number' && typeof value === 'number' ? { id, value } : undefined;
  } catch {
    return undefined; // not JSON: never issued here
  }
}

function sign(secret: string, scope: CursorScope, position: Position): string {
  const { shop, query, sortKey, reverse } = scope;
  const text = JSON.stringify([shop, query, sortKey, reverse, position.id, position.value]);
  return createHmac('sha256', secret).update(text).digest('base64url').slice(0, 16);
}
