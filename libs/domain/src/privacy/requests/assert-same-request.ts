import type { MerchantId } from '@core/contracts';
import { build, privacyRequests, statement, type Tx } from '@core/db';
import { IdReused } from '@core/runtime';
import type { PrivacyRequestKind } from './privacy-requests.ts';
import { RECORDED_REQUEST, type RecordedRequest } from './find-data-subjects.ts';
import { isRequest, REQUEST_REF } from './request-ref.ts';

const READ = statement({
  params: REQUEST_REF,
  row: { ...RECORDED_REQUEST, kind: privacyRequests.kind },
  text: (p, row) => build.select(row).from(privacyRequests).where(isRequest(p)),
});

/**
 * Checks a request whose id is already stored: a repetition does nothing, but another request under this id
 * must be reported. A data_request is the same when it names the same person, compared by the most reliable
 * identifier that both have; without a common identifier it counts as the same.
 * @throws IdReused when the kind or the person differs
 */
export async function assertSameRequest(
  tx: Tx,
  { merchantId, requestId, kind }: { merchantId: MerchantId; requestId: string; kind: PrivacyRequestKind },
  given: RecordedRequest,
  /** The hashes that earlier builds may have stored instead of the given ones. */
  earlier: readonly Buffer[],
): Promise<void> {
  const [before] = await tx.run(READ, { merchantId, requestId });
  if (!before) return;
  if (before.kind !== kind) throw new IdReused('request_id', 'a request of another kind');
  if (!isNamed(before) || !isNamed(given) || isSamePerson(before, given, earlier)) return;
  throw new IdReused('request_id', 'a request for another person');
}

const isNamed = ({ customerId, namedEmail, namedExternalId }: RecordedRequest): boolean =>
  !!customerId || !!namedEmail || !!namedExternalId;

/** Compares the hashes first: the customer that they resolve to may have changed since. */
function isSamePerson(before: RecordedRequest, given: RecordedRequest, earlier: readonly Buffer[]): boolean {
  for (const name of ['namedExternalId', 'namedEmail'] as const) {
    const [one, other] = [before[name], given[name]];
    if (one && other) return [other, ...earlier].some((hash) => hash.equals(one));
  }
  return !!before.customerId && before.customerId === given.customerId;
}
