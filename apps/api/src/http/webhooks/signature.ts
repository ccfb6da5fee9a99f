import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Returns whether the text is the base64 HMAC-SHA-256 of the bytes, made with one of the secrets. Every
 * secret is tried, even after a match, and compared in constant time: the duration reveals nothing about
 * them.
 */
export function isSigned(body: Buffer, signature: string, secrets: readonly string[]): boolean {
  const given = Buffer.from(signature, 'base64');
  // Node stops at the padding: it would ignore a second signature after the first.
  if (given.toString('base64') !== signature) return false;
  const matches = secrets.map((secret) => {
    const own = createHmac('sha256', secret).update(body).digest();
    return given.length === own.length && timingSafeEqual(given, own);
  });
  return matches.includes(true);
}
