import { FlattenedSign, importJWK, type JWK } from 'jose';
import { CE_ID, CE_SOURCE } from '@core/contracts';
import type { EventRecord } from './kafka-client.ts';
import { SIGNATURE_HEADER } from './signature.ts';

/**
 * Returns the header that createSignatureCheck requires, for a record with `ce_id` and a body.
 * @param key a private JWK with its `alg` and `kid`
 * @throws Error when the key cannot sign
 */
export async function signatureOf(
  { topic, headers, value }: EventRecord,
  key: JWK,
  now = Date.now(),
): Promise<Record<string, string>> {
  const { alg, kid } = key;
  if (!alg || !key.d) throw new Error('must be a private JWK with alg and kid');
  const { [CE_ID]: id, [CE_SOURCE]: source } = headers;
  const { protected: head, signature } = await new FlattenedSign(Buffer.from(value ?? ''))
    .setProtectedHeader({
      alg,
      ...(kid ? { kid } : {}),
      b64: false,
      crit: ['b64'],
      topic,
      id,
      ...(source ? { source } : {}),
      iat: Math.floor(now / 1_000),
    })
    .sign(await importJWK(key, alg));
  return { [SIGNATURE_HEADER]: `${head}..${signature}` };
}
