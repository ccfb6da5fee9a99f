import type { UniversalHandler } from '@connectrpc/connect/protocol';

const DECODING = /^(cannot decode (?:field|message) [\w.]+ from JSON).*$/s;

/**
 * Cuts the values out of a handler's "cannot decode field ... from JSON: got ...": they may be a person's,
 * and callers log what they are told. The router decodes before any code of ours runs and has no hook for
 * it, so its reply is mended. (Such a reply is never compressed: it quotes too little to reach the minimum.)
 */
export const hideValues = (handler: UniversalHandler): UniversalHandler =>
  Object.assign(async (...args: Parameters<UniversalHandler>) => {
    const reply = await handler(...args);
    const { status, header, body } = reply;
    const isError = status === 400 && header?.get('content-type') === 'application/json';
    if (!isError || !body || header.has('content-encoding')) return reply;

    const error = JSON.parse((await readAll(body)).toString()) as { message?: string };
    const mended = { ...error, message: error.message?.replace(DECODING, '$1') };
    const bytes = new TextEncoder().encode(JSON.stringify(mended));
    header.set('content-length', String(bytes.byteLength));
    return { ...reply, body: one(bytes) };
  }, handler);

async function readAll(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts);
}

async function* one(part: Uint8Array): AsyncIterable<Uint8Array> {
  yield part;
}
