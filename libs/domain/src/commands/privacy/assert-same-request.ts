import type { Tx } from '@core/db';
import { IdReused } from '@core/runtime';
import type { PrivacyRequestKind } from '../../queries/privacy-requests.ts';
import type { NamedRequest } from './find-named.ts';

/**
 * For a request whose id is there already: a repetition does nothing, but another request under this id must be heard of.
 * A data_request is the same as long as it names the same person: by the surest name that both have; by none, nothing
 * says that they are the same.
 * @throws IdReused when it is of another kind, or of somebody else
 */
export async function assertSameRequest(
  tx: Tx,
  { merchantId, requestId, kind }: { merchantId: string; requestId: string; kind: PrivacyRequestKind },
  given: NamedRequest,
): Promise<void> {
  const [before] = await tx.query<NamedRequest & { kind: PrivacyRequestKind }>(
    `select kind, customer_id as "customerId", named_email as "namedEmail", named_external_id as "namedExternalId"
       from privacy_requests where merchant_id = $1 and request_id = $2`,
    [merchantId, requestId],
  );
  if (!before) return;
  if (before.kind !== kind) throw new IdReused('request_id', 'a request of another kind');
  if (!isNamed(before) || !isNamed(given) || isSamePerson(before, given)) return;
  throw new IdReused('request_id', 'a request for somebody else');
}

const isNamed = ({ customerId, namedEmail, namedExternalId }: NamedRequest): boolean =>
  !!customerId || !!namedEmail || !!namedExternalId;

/** The hashes first: whom they find may have changed since. */
function isSamePerson(before: NamedRequest, given: NamedRequest): boolean {
  for (const name of ['namedExternalId', 'namedEmail'] as const) {
    const [one, other] = [before[name], given[name]];
    if (one && other) return one.equals(other);
  }
  return !!before.customerId && before.customerId === given.customerId;
}
