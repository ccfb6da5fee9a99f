import { appendAudit, type Tx } from '@core/db';
import type { CommandContext } from '../../context.ts';
import type { PrivacyRequestKind } from '../../queries/privacy-requests.ts';
import { findPerson, type PersonNames } from '../privacy/person.ts';
import type { ShopProgress } from '../privacy/shop-redaction.ts';

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
 * person by our own id, null when unknown here, for that is what an answer is made of; one that was written down without
 * is told it by the second. A redact is without: who it was is what the erasure finds, and its receipt says.
 */
export async function recordPrivacyRequest(
  tx: Tx,
  ctx: CommandContext,
  input: RecordPrivacyRequest,
): Promise<{ recorded: boolean }> {
  const { merchantId, requestId, kind, shop } = input;
  const customerId = kind === 'data_request' ? await findSubject(tx, ctx, input) : null;
  const progress: ShopProgress = shop === undefined ? {} : { shop };
  const recorded = await tx.query(
    `insert into privacy_requests (merchant_id, request_id, kind, customer_id, receipt)
     values ($1, $2, $3, $4, $5) on conflict do nothing returning 1`,
    [merchantId, requestId, kind, customerId, JSON.stringify(progress)],
  );
  if (recorded.length === 0) {
    if (customerId) await nameSubject(tx, { merchantId, requestId, customerId });
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

/** Without a name no key is asked for: a request must be written down also while the keyring lacks it. */
const findSubject = async (
  tx: Tx,
  { keys }: CommandContext,
  { merchantId, ...names }: RecordPrivacyRequest,
): Promise<string | null> =>
  findPerson(tx, names.email ? await keys.find(tx, merchantId) : null, merchantId, names);

const nameSubject = async (
  tx: Tx,
  { merchantId, requestId, customerId }: { merchantId: string; requestId: string; customerId: string },
): Promise<void> => {
  await tx.query(
    `update privacy_requests set customer_id = $3
      where merchant_id = $1 and request_id = $2 and kind = 'data_request'
        and customer_id is null and completed_at is null`,
    [merchantId, requestId, customerId],
  );
};
