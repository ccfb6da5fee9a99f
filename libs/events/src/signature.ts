import { decodeProtectedHeader, errors, flattenedVerify, type FlattenedJWSInput } from 'jose';
import { CoreError, ALGORITHMS, tryKeys, type PublicKeys } from '@core/runtime';
import { Unhandleable } from './consumer/classify.ts';
import type { VerifyRecord } from './consumer/topic-handler.ts';
import type { ConsumedRecord } from './kafka-client.ts';

/** The header with a record's signature: a JWS with a detached payload, the body (RFC 7515, appendix F). */
export const SIGNATURE_HEADER = 'jws';

/** The allowed clock skew between two machines. */
const CLOCK_TOLERANCE_S = 60;
/** A record older than this has expired from its topic and its dead letter topic, so it is a replay. */
const LONGEST_KEPT_S = 40 * 86_400;

/** Claims of the protected header in addition to those of RFC 7515. They bind the body to its destination. */
interface Bound {
  /** The topic, so that the signature is not valid on another one. */
  topic?: unknown;
  /** `ce_id` and `ce_source`, the inbox's key of an event. A replay under another id is refused. */
  id?: unknown;
  source?: unknown;
  /** The time of signing, seconds since the epoch. */
  iat?: unknown;
}

/**
 * Returns a check that verifies that one of the keys signed a record for its topic and its id. The body
 * itself names the merchant. Both RFC 7797's `b64: false` and a base64url payload are accepted.
 * @param now milliseconds since the epoch
 * @returns a check that throws Unhandleable signature_missing or signature_invalid, and CoreError unavailable
 *   while the keys cannot be fetched
 */
export function createSignatureCheck(keys: PublicKeys, now: () => number = Date.now): VerifyRecord {
  return async (record) => {
    const jws = record.headers[SIGNATURE_HEADER];
    if (!jws) throw new Unhandleable('signature_missing');
    try {
      const signed = detached(jws, record.value);
      const { protectedHeader } = await tryKeys(keys, (found) =>
        flattenedVerify(signed, found, { algorithms: ALGORITHMS }),
      );
      assertBound(protectedHeader as Bound, record, now() / 1_000);
    } catch (error) {
      if (error instanceof CoreError) throw error;
      // Any other error is an invalid signature: it must not block its partition.
      throw new Unhandleable('signature_invalid', messageOf(error));
    }
  };
}

/** @throws when it is not `header..signature` */
function detached(jws: string, body: Buffer | null): FlattenedJWSInput {
  const [protectedPart, payload, signature, ...more] = jws.split('.');
  if (!protectedPart || payload !== '' || !signature || more.length > 0) {
    throw new errors.JWSInvalid('must be header..signature, without the payload');
  }
  const bytes = new Uint8Array(body ?? []);
  const raw = decodeProtectedHeader({ protected: protectedPart })['b64'] === false;
  return {
    protected: protectedPart,
    signature,
    payload: raw ? bytes : Buffer.from(bytes).toString('base64url'),
  };
}

function assertBound(
  { topic, id, source, iat }: Bound,
  { topic: on, headers }: Pick<ConsumedRecord, 'topic' | 'headers'>,
  nowS: number,
): void {
  if (topic !== on) throw new Error('the signature is for another topic');
  if (typeof id !== 'string' || id === '' || id !== headers['ce_id'])
    throw new Error('ce_id is not the signed id');
  if ((source ?? '') !== (headers['ce_source'] ?? '')) throw new Error('ce_source is not the signed source');
  if (typeof iat !== 'number' || iat > nowS + CLOCK_TOLERANCE_S)
    throw new Error('iat must be a time in the past');
  if (iat < nowS - LONGEST_KEPT_S) throw new Error('the signature is older than any record that is kept');
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unreadable');
