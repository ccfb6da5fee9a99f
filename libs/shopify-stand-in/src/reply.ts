import type { Readable } from 'node:stream';
import type { ReplyFault } from './faults/faults.ts';

export interface Reply {
  status: number;
  /** Buffers and streams are sent unchanged; anything else is sent as JSON. */
  body: unknown;
  headers?: Record<string, string>;
  /** Sends half of the body, then closes the connection. */
  truncated?: true;
}

/** drop: the connection closes without a reply. hang: the connection stays open without a reply. */
export type Outcome = Reply | 'drop' | 'hang';

export const isStream = (body: unknown): body is Readable =>
  typeof body === 'object' && body !== null && 'pipe' in body;

export const NOT_FOUND: Reply = { status: 404, body: { errors: 'Not Found' } };
// Source: shopify.dev/docs/api/usage/authentication, shopify.dev/docs/api/usage/response-codes.
export const UNAUTHORIZED: Reply = {
  status: 401,
  body: { errors: '[API] Invalid API key or access token (unrecognized login or wrong password)' },
};

/** Returns the reply of a renamed shop. `path` is relative to the shop. */
export const movedTo = (domain: string, path: string): Reply => ({
  status: 301,
  body: Buffer.from('<html><body>You are being redirected.</body></html>'),
  headers: { location: `https://${domain}${path}`, 'content-type': 'text/html' },
});

/** The delay in every 429: "Retry-After: 2.0". */
export const RETRY_AFTER_MS = 2_000;

// Source: shopify.dev/docs/api/usage/response-codes and the REST rate limits page (decimal Retry-After).
export const tooMany = (perSecond: number, { retryAfter }: { retryAfter: boolean }): Reply => ({
  status: 429,
  body: {
    errors: `Exceeded ${perSecond} calls per second for api client. Reduce request rates to resume uninterrupted service.`,
  },
  ...(retryAfter && { headers: { 'retry-after': (RETRY_AFTER_MS / 1000).toFixed(1) } }),
});

const REPLIES: Record<Exclude<ReplyFault, 'drop' | 'hang' | 'truncate' | Reply>, Reply> = {
  unauthorized: UNAUTHORIZED,
  http500: { status: 500, body: { errors: 'Internal Server Error' } },
  http503: { status: 503, body: { errors: 'Service Unavailable' } },
  http429: tooMany(2, { retryAfter: true }),
  'http429-bare': tooMany(2, { retryAfter: false }),
};

/** Returns the answer, or the outcome of the fault. */
export async function applyFault(
  fault: ReplyFault | undefined,
  answer: () => Reply | Promise<Reply>,
): Promise<Outcome> {
  if (fault === 'drop' || fault === 'hang') return fault;
  if (fault === 'truncate') return { ...(await answer()), truncated: true };
  if (typeof fault === 'object') return fault;
  return fault ? REPLIES[fault] : answer();
}
