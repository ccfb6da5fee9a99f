import { sql } from 'drizzle-orm';
import { appendAudit, build, privacyRequests, statement, type Actor, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import { isRequest, REQUEST_REF } from './request-ref.ts';
import { lockOpenRequest, type ShopRedactionRef } from './shop-redaction.ts';

/** The reasons that an operator may give: fixed words, because a free text may name a person. */
export const CANCEL_REASONS = ['forged', 'mistaken', 'withdrawn'] as const;
/** superseded: the app was installed again, and the request is about an earlier installation. */
export type CancelReason = (typeof CANCEL_REASONS)[number] | 'superseded';

const CANCEL = statement({
  params: { ...REQUEST_REF, reason: privacyRequests.cancelReason },
  text: (p) =>
    build
      .update(privacyRequests)
      .set({ cancelledAt: sql`now()`, cancelReason: p.reason })
      .where(isRequest(p)),
});

/**
 * Permanently cancels the redaction of a shop, after the current step has ended. Also cancels a request with
 * a problem, which has been served under another id or is not a real request.
 *
 * Data that a redaction has removed stays removed; the keys still exist, because they are removed last. A
 * repeated event with the same request_id stays cancelled; a new redaction needs a new request. Rejected:
 * allowing any request to be cancelled, because a person's request must be served.
 * @returns whether the redaction had started
 * @throws CoreError not_found; failed_precondition when it is done, cancelled, or neither of the two
 */
export async function cancelPrivacyRequest(
  tx: Tx,
  ctx: Actor,
  { reason, ...ref }: ShopRedactionRef & { reason: CancelReason },
): Promise<{ hadBegun: boolean }> {
  const { kind, progress, problem } = await lockOpenRequest(tx, ref);
  if (kind !== 'shop_redact' && problem === null) {
    throw new CoreError(
      'failed_precondition',
      `privacy_request: it is a ${kind} that can be served; only shop redactions and requests with a problem can be cancelled`,
    );
  }
  const hadBegun = progress.whole !== undefined;
  await cancel(tx, ctx, { ...ref, reason, hadBegun });
  return { hadBegun };
}

/**
 * Cancels the redaction of a shop at the wish of its merchant, only while it waits. A held one is an
 * operator's decision, because it may be forged; one that has begun has removed data.
 * @throws CoreError not_found; failed_precondition when it is anything else than a waiting shop_redact
 */
export async function withdrawShopRedaction(tx: Tx, ctx: Actor, ref: ShopRedactionRef): Promise<void> {
  const { kind, progress, held } = await lockOpenRequest(tx, ref);
  const obstacle =
    (kind !== 'shop_redact' && 'only the erasure of a shop can be cancelled') ||
    (held && 'it is held until an operator has decided about it') ||
    (progress.whole !== undefined && 'it has begun, and only an operator can stop it');
  if (obstacle) throw new CoreError('failed_precondition', `privacy_request: ${obstacle}`);
  await cancel(tx, ctx, { ...ref, reason: 'withdrawn', hadBegun: false });
}

/** Cancels the redaction of a shop in which the app was installed again. It has not begun. */
export const supersedeShopRedaction = (tx: Tx, ctx: Actor, ref: ShopRedactionRef): Promise<void> =>
  cancel(tx, ctx, { ...ref, reason: 'superseded', hadBegun: false });

async function cancel(
  tx: Tx,
  ctx: Actor,
  { merchantId, requestId, reason, hadBegun }: ShopRedactionRef & { reason: CancelReason; hadBegun: boolean },
): Promise<void> {
  await tx.run(CANCEL, { merchantId, requestId, reason });
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'privacy.cancel',
    detail: { request_id: requestId, reason, had_begun: hadBegun },
  });
}
