import { createReadStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { sign } from '../cursor.ts';
import type { Reply } from '../reply.ts';
import type { ServedShop } from '../shop.ts';
import type { BulkOperation } from './operation.ts';

const PREFIX = '/_bulk/';

interface FileOf {
  origin: string;
  shop: ServedShop;
  operation: BulkOperation;
}

/** Returns a signed URL outside the API, as a storage bucket does. Its holder needs no token. */
export function fileUrl({ origin, shop, operation }: FileOf): string {
  const expires = Math.floor(shop.bulk.expiresMs(operation) / 1000);
  const query = new URLSearchParams({
    Expires: String(expires),
    Signature: signature(shop, operation.id, expires),
  });
  return `${origin}${PREFIX}${shop.domain}/${operation.id}.jsonl?${query.toString()}`;
}

export function isFilePath(path: string): boolean {
  return path.startsWith(PREFIX);
}

/** Returns the shop in the path of a file. */
export const shopOfFile = (path: string): string => path.slice(PREFIX.length).split('/')[0] ?? '';

/**
 * Serves GET of a result file, or of a range of it (Range: bytes=n- or bytes=n-m), like a storage service.
 * The request must not contain the token: "url" does not point to the Admin API, so a token sent to it
 * reaches a third party. Storage answers 400 to a second credential in addition to the signature, 400 to an
 * expired signature and 403 to a wrong one.
 * Source: shopify.dev/docs/api/usage/bulk-operations/queries ("Download the data"); cloud.google.com/storage
 * (signed URLs, XML API errors).
 */
export function serveFile(shop: ServedShop, url: URL, { headers }: IncomingMessage): Reply {
  if (headers['x-shopify-access-token'] !== undefined || headers.authorization !== undefined) {
    shop.violated('token-to-file', 'a credential was sent to the URL of a result file');
    return storageError(400, 'InvalidArgument');
  }
  const id = Number(/\/(\d+)\.jsonl$/.exec(url.pathname)?.[1]);
  const operation = shop.bulk.list().find((candidate) => candidate.id === id);
  const expires = Number(url.searchParams.get('Expires'));
  if (url.searchParams.get('Signature') !== signature(shop, id, expires)) {
    shop.violated('file-url', 'the URL of a result file was modified');
    return storageError(403, 'SignatureDoesNotMatch');
  }
  if (!operation?.file) return storageError(404, 'NoSuchKey');
  if (shop.now() >= Math.min(expires * 1000, shop.bulk.expiresMs(operation)))
    return storageError(400, 'ExpiredToken');
  return content(operation.file, headers.range);
}

function content({ path, bytes }: { path: string; bytes: number }, range: string | undefined): Reply {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  const start = Number(asked?.[1] ?? 0);
  if (start >= bytes) return storageError(416, 'InvalidRange');
  const end = Math.min(bytes, asked?.[2] ? Number(asked[2]) + 1 : bytes);
  return {
    status: asked ? 206 : 200,
    body: createReadStream(path, { start, end: end - 1, highWaterMark: 262_144 }),
    headers: {
      'content-type': 'application/jsonl',
      'content-length': String(end - start),
      'accept-ranges': 'bytes',
      ...(asked && { 'content-range': `bytes ${start}-${end - 1}/${bytes}` }),
    },
  };
}

const signature = (shop: ServedShop, id: number, expires: number): string =>
  sign(shop.secret, ['bulk', shop.domain, id, expires]);

const storageError = (status: number, code: string): Reply => ({
  status,
  body: Buffer.from(`<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code></Error>`),
  headers: { 'content-type': 'application/xml; charset=UTF-8' },
});
