import { appendAudit, type Tx } from '@core/db';
import type { CommandContext } from '../../context.ts';
import type { PrivacyRequestKind } from '../../queries/privacy-requests.ts';
import { assertSameRequest } from '../privacy/assert-same-request.ts';
import type { NamedRequest } from '../privacy/find-named.ts';
import { findPerson, type PersonNames } from '../privacy/person.ts';
import type { ShopProgress } from '../privacy/shop-redaction.ts';
import { hashNames } from '../privacy/tombstones.ts';

/** The worker listens on it: a shop is to be redacted. */
export const PRIVACY_CHANNEL = 'privacy';

/** A request of a person or a shop that is not served at once, or could not be. */
export interface RecordPrivacyRequest extends PersonNames {
  merchantId: string;
  requestId: string;
  kind: PrivacyRequestKind;
  /** Of a shop_redact; absent: of everything of the merchant. */
  shop?: string | undefined;
}

/**
 * Writes a privacy request down as pending (completed_at null), once. It is due in thirty days. A data_request names the
 * person by our own id, null when unknown here, and by keyed hashes of the names that were given: an import may store them
 * before it is answered; one that was written down without is told them by the second. A redact is without: who it was is
 * what the erasure finds, and its receipt says.
 * @throws IdReused when a data_request or shop_redact has the id of another request
 */
export async function recordPrivacyRequest(
  tx: Tx,
  ctx: CommandContext,
  input: RecordPrivacyRequest,
): Promise<{ recorded: boolean }> {
  const { merchantId, requestId, kind, shop } = input;
  const named = kind === 'data_request' ? await nameSubject(tx, ctx, input) : NOBODY;
  const { customerId, namedEmail, namedExternalId } = named;
  const progress: ShopProgress = shop === undefined ? {} : { shop };
  const recorded = await tx.query(
    `insert into privacy_requests (merchant_id, request_id, kind, customer_id, named_email, named_external_id, receipt)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning 1`,
    [merchantId, requestId, kind, customerId, namedEmail, namedExternalId, JSON.stringify(progress)],
  );
  if (recorded.length === 0) {
    // A redact is only recorded here: the erasure compares the persons, which this row does not name yet.
    if (kind !== 'redact') await assertSameRequest(tx, input, named);
    if (named !== NOBODY) await tellSubject(tx, input, named);
    return { recorded: false };
  }
  await appendAudit(tx, ctx, {
    merchantId,
    customerId: customerId ?? undefined,
    action: 'privacy.request',
    detail: { request_id: requestId, kind },
  });
  if (kind === 'shop_redact') tx.announce(PRIVACY_CHANNEL);
  return { recorded: true };
}

const NOBODY: NamedRequest = { customerId: null, namedEmail: null, namedExternalId: null };

/** Without a name no key is asked for: a request must be written down also while the keyring lacks it. */
async function nameSubject(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, ...names }: RecordPrivacyRequest,
): Promise<NamedRequest> {
  if (!names.customerId && !names.externalId && !names.email) return NOBODY;
  // Made where there are none: whose first import is still to come has nothing else to hash by.
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  return { customerId: await findPerson(tx, keys, merchantId, names), ...hashNames(keys, names) };
}

const tellSubject = async (
  tx: Tx,
  { merchantId, requestId }: RecordPrivacyRequest,
  { customerId, namedEmail, namedExternalId }: NamedRequest,
): Promise<void> => {
  await tx.query(
    `update privacy_requests set customer_id = $3, named_email = $4, named_external_id = $5
      where merchant_id = $1 and request_id = $2 and kind = 'data_request' and completed_at is null
        and customer_id is null and named_email is null and named_external_id is null`,
    [merchantId, requestId, customerId, namedEmail, namedExternalId],
  );
};
