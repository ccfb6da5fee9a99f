// tag: compliance
import { jwksOf, newSigningKey, signRecord, signToken, type SigningKey } from '@core/testing';
import { CoreError, createPublicKeys } from '@core/runtime';
import type { JSONWebKeySet } from 'jose';
import type { ConsumedRecord } from './kafka-client.ts';
import { createSignatureCheck } from './signature.ts';

const signer = newSigningKey();
const NOW_S = 1_800_000_000;
const BODY = '{"event_id":"e-1","merchant_id":"m-1","kind":"shop_redact"}';
const HEADERS = { ce_id: 'e-1', ce_source: 'privacy' };

const checkBy = (...keys: SigningKey[]) =>
  createSignatureCheck(
    createPublicKeys({
      load: async () => JSON.parse(jwksOf(...keys)) as JSONWebKeySet,
      variable: 'CORE_EVENTS_JWKS',
      log: { warn: () => undefined },
    }),
    () => NOW_S * 1_000,
  );
const check = checkBy(signer);

const record = (headers: Record<string, string>, value: string | null = BODY): ConsumedRecord => ({
  topic: 'gdpr_request.created',
  partition: 0,
  offset: 0n,
  timestamp: new Date(),
  key: null,
  headers,
  value: value === null ? null : Buffer.from(value),
});
const signed = (header: Record<string, unknown> = {}, by = signer, value = BODY, headers = HEADERS) => ({
  ...headers,
  jws: signRecord(by, { topic: 'gdpr_request.created', headers, value }, { iat: NOW_S, ...header }),
});

it.each(['ES256', 'EdDSA', 'RS256', 'PS256'] as const)('accepts a signature by a key of %s', async (alg) => {
  const key = newSigningKey(alg);
  const value = '{"email":"ädä@example.com"}';
  for (const b64 of [false, true, undefined]) {
    const crit = b64 === undefined ? undefined : ['b64'];
    await checkBy(key)(record(signed({ b64, crit }, key, value), value));
  }
});

it('accepts a record without a source', () =>
  check(record(signed({ source: undefined }, signer, BODY, { ce_id: 'e-1' } as never))));

it.each([{}, { jws: '' }, HEADERS])('reports a missing signature for %j', (headers) =>
  expect(check(record(headers as never))).rejects.toMatchObject({ reason: 'signature_missing' }),
);

const { jws } = signed();
const token = signToken(signer, { iss: 'a', sub: 'b' }).split('.');
it.each<[string, ConsumedRecord]>([
  ['another body', record(signed(), BODY.replace('m-1', 'm-2'))],
  ['no body', record(signed(), null)],
  ['another topic', { ...record(signed()), topic: 'rfm.updated' }],
  ['no topic in the signature', record(signed({ topic: undefined }))],
  ['another id', record({ ...HEADERS, ce_id: 'e-2', jws })],
  ['no id in the record', record({ ce_source: 'privacy', jws })],
  ['no id in the signature', record({ ...signed({ id: undefined }), ce_id: '' })],
  ['another source', record({ ...HEADERS, ce_source: 'other', jws })],
  ['a removed source', record({ ce_id: 'e-1', jws })],
  ['a time in the future', record(signed({ iat: NOW_S + 61 }))],
  ['no time', record(signed({ iat: undefined }))],
  ['a time as a string', record(signed({ iat: String(NOW_S) }))],
  ['a time older than the longest retention', record(signed({ iat: NOW_S - 41 * 86_400 }))],
  ['another key', record(signed({}, newSigningKey()))],
  ['another key with the same kid', record(signed({ kid: signer.kid }, newSigningKey()))],
  ['no algorithm', record({ ...HEADERS, jws: `${jws.split('.')[0]}..` })],
  ['the algorithm none', record(signed({ alg: 'none' }))],
  ['a symmetric algorithm', record(signed({ alg: 'HS256' }))],
  ['an unknown extension', record(signed({ crit: ['b64', 'topic'] }))],
  ['b64 that is not critical', record(signed({ crit: undefined }))],
  ['an embedded payload', record({ ...HEADERS, jws: jws.replace('..', '.e30.') })],
  ["a caller's token", record({ ...HEADERS, jws: token.join('.') })],
  [
    "a caller's token without its claims",
    record({ ...HEADERS, jws: `${token[0]}..${token[2]}` }, Buffer.from(token[1]!, 'base64url').toString()),
  ],
  ['a value that is not a JWS', record({ ...HEADERS, jws: 'a..b' })],
  ['too many parts', record({ ...HEADERS, jws: `${jws}.x` })],
])('refuses %s', (_, one) =>
  expect(check(one)).rejects.toMatchObject({ name: 'Unhandleable', reason: 'signature_invalid' }),
);

it('reports unavailable while the keys cannot be loaded', () => {
  const down = createSignatureCheck(() => Promise.reject(new CoreError('unavailable', 'no keys')));
  return expect(down(record(signed()))).rejects.toMatchObject({ kind: 'unavailable' });
});
