import { appendAudit, type Actor, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import { PRIVACY_CHANNEL } from '../requests/record-privacy-request.ts';
import { lockOpenRequest, type ShopRedactionRef } from '../requests/shop-redaction.ts';

/**
 * Releases the redaction of a shop that was held because many arrived at once. It does not shorten the wait.
 * @throws CoreError not_found; failed_precondition when it is not held, done or cancelled; nothing else is ever held
 */
export async function confirmShopRedaction(
  tx: Tx,
  actor: Actor,
  { merchantId, requestId }: ShopRedactionRef,
): Promise<void> {
  const { held } = await lockOpenRequest(tx, { merchantId, requestId });
  if (!held) throw new CoreError('failed_precondition', 'privacy_request: it is not held');
  await tx.query(
    'update privacy_requests set confirmed_at = now() where merchant_id = $1 and request_id = $2',
    [merchantId, requestId],
  );
  await appendAudit(tx, actor, {
    merchantId,
    action: 'privacy.confirm',
    detail: { request_id: requestId },
  });
  tx.announce(PRIVACY_CHANNEL);
}
