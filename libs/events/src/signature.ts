import { decodeProtectedHeader, errors, flattenedVerify, type FlattenedJWSInput } from 'jose';
import { CoreError, ALGORITHMS, type PublicKeys } from '@core/runtime';
import { Unhandleable } from './consumer/classify.ts';
import type { VerifyRecord } from './consumer/topic-handler.ts';
import type { ConsumedRecord } from './kafka-client.ts';

/** The record's header with its signature: a JWS whose payload, the body, is left out (RFC 7515, appendix F). */
export const SIGNATURE_HEADER = 'jws';

/** Between two machines' clocks. */
const CLOCK_TOLERANCE_S = 60;
/** A record that is older has left its topic, and its dead letter, too: somebody has kept it. */
const LONGEST_KEPT_S = 40 * 86_400;

/** What the protected header says besides RFC 7515's own: where the body belongs. */
interface Bound {
  /** The topic, so that the body is good for no other one. */
  topic?: unknown;
  /** `ce_id` and `ce_source`: what the inbox knows an event by. A repetition under another name is refused. */
  id?: unknown;
  source?: unknown;
  /** When it was signed, seconds since the epoch. */
  iat?: unknown;
}

/**
 * Checks that a record was signed by one of the keys, for the topic that it is on and under the id that it has. The body
 * itself names the merchant. RFC 7797's `b64: false` and a payload in base64url are both taken.
 * @param now milliseconds since the epoch
 * @returns a check that throws Unhandleable signature_missing or signature_invalid, and CoreError unavailable while the
 *   keys cannot be fetched
 */
export function createSignatureCheck(keys: PublicKeys, now: () => number = Date.now): VerifyRecord {
  return async (record) => {
    const jws = record.headers[SIGNATURE_HEADER];
    if (!jws) throw new Unhandleable('signature_missing');
    try {
      const { protectedHeader } = await flattenedVerify(detached(jws, record.value), keys, {
        algorithms: ALGORITHMS,
      });
      assertBound(protectedHeader as Bound, record, now() / 1_000);
    } catch (error) {
      if (error instanceof CoreError) throw error;
      // Anything else is a signature that says nothing: it must not hold up its partition.
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
  if (topic !== on) throw new Error('it is for another topic');
  if (typeof id !== 'string' || id === '' || id !== headers['ce_id']) throw new Error('ce_id is not its id');
  if ((source ?? '') !== (headers['ce_source'] ?? '')) throw new Error('ce_source is not its source');
  if (typeof iat !== 'number' || iat > nowS + CLOCK_TOLERANCE_S)
    throw new Error('iat is not a time that was');
  if (iat < nowS - LONGEST_KEPT_S) throw new Error('it is older than any record that is kept');
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unreadable');
