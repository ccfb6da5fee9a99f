import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import { Code, ConnectError } from '@connectrpc/connect';
import type { ByteBudget } from './byte-budget.ts';
import { noCompression, noRoom, tooLarge } from './refusals.ts';

type Algorithm = (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>;

const ALGORITHMS: Readonly<Record<string, Algorithm>> = {
  gzip: promisify<Uint8Array, object, Buffer>(gunzip),
  deflate: promisify<Uint8Array, object, Buffer>(inflate),
  br: promisify<Uint8Array, object, Buffer>(brotliDecompress),
};

const isIdentity = (encoding: string): boolean => encoding === 'identity' || encoding === '';

/**
 * Decompresses a message whose own flag marks it as compressed.
 * @throws ConnectError as decompress; also internal, as gRPC specifies, when its headers name no compression
 */
export async function decompressFlagged(...args: Parameters<typeof decompress>): Promise<Uint8Array> {
  if (isIdentity(args[0])) throw noCompression();
  return decompress(...args);
}

/**
 * Returns at most `most` bytes, regardless of the compressed size.
 * @throws ConnectError unimplemented, resource_exhausted, invalid_argument
 */
export async function decompress(
  encoding: string,
  bytes: Uint8Array,
  most: number,
  budget: ByteBudget,
): Promise<Uint8Array> {
  if (isIdentity(encoding)) return bytes;
  const algorithm = Object.hasOwn(ALGORITHMS, encoding) ? ALGORITHMS[encoding] : undefined;
  if (!algorithm) {
    const names = Object.keys(ALGORITHMS).join(', ');
    throw new ConnectError(
      `the compression of the request is not supported; use one of ${names}`,
      Code.Unimplemented,
    );
  }
  if (bytes.length === 0) return bytes;
  if (!budget.acquire(most)) throw noRoom();
  try {
    return await algorithm(bytes, { maxOutputLength: most });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(most);
    throw new ConnectError(`the request is not compressed with ${encoding}`, Code.InvalidArgument);
  } finally {
    budget.release(most);
  }
}
