import { sql } from 'drizzle-orm';
import { appendAudit, build, privacyRequests, statement, type Actor, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import { PRIVACY_CHANNEL } from '../requests/record-privacy-request.ts';
import { isRequest, REQUEST_REF } from '../requests/request-ref.ts';
import { lockOpenRequest, type ShopRedactionRef } from '../requests/shop-redaction.ts';

const CONFIRM = statement({
  params: REQUEST_REF,
  text: (p) =>
    build
      .update(privacyRequests)
      .set({ confirmedAt: sql`now()` })
      .where(isRequest(p)),
});

/**
 * Releases the redaction of a shop that was held because many arrived at once. Does not shorten the wait.
 * @throws CoreError not_found; failed_precondition when it is done, cancelled or not held; only shop
 *   redactions are ever held
 */
export async function confirmShopRedaction(
  tx: Tx,
  ctx: Actor,
  { merchantId, requestId }: ShopRedactionRef,
): Promise<void> {
  const { held } = await lockOpenRequest(tx, { merchantId, requestId });
  if (!held) throw new CoreError('failed_precondition', 'privacy_request: it is not held');
  await tx.run(CONFIRM, { merchantId, requestId });
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'privacy.confirm',
    detail: { request_id: requestId },
  });
  tx.notify(PRIVACY_CHANNEL);
}
