import { appendAudit, type Tx } from '@core/db';
import type { CommandContext } from '../../context.ts';
import { findPerson, type PersonNames } from '../privacy/person.ts';
import type { ShopProgress } from '../privacy/shop-redaction.ts';

/** The worker listens on it: a shop is to be redacted. */
export const PRIVACY_CHANNEL = 'privacy';

/** A request of a person or a shop that is not served at once. */
export interface RecordPrivacyRequest extends PersonNames {
  merchantId: string;
  requestId: string;
  kind: 'data_request' | 'shop_redact';
  /** Of a shop_redact; absent: of everything of the merchant. */
  shop?: string | undefined;
}

/**
 * Writes a privacy request down as pending (completed_at null), once; a second time changes nothing. It names the
 * person by our own id, null when unknown here, for that is what an answer is made of. It is due in thirty days.
 */
export async function recordPrivacyRequest(
  tx: Tx,
  ctx: CommandContext,
  input: RecordPrivacyRequest,
): Promise<{ recorded: boolean }> {
  const { merchantId, requestId, kind, shop } = input;
  const keys = await ctx.keys.find(tx, merchantId);
  const customerId = kind === 'data_request' ? await findPerson(tx, keys, merchantId, input) : null;
  const progress: ShopProgress = shop === undefined ? {} : { shop };
  const recorded = await tx.query(
    `insert into privacy_requests (merchant_id, request_id, kind, customer_id, receipt)
     values ($1, $2, $3, $4, $5) on conflict do nothing returning 1`,
    [merchantId, requestId, kind, customerId, JSON.stringify(progress)],
  );
  if (recorded.length === 0) return { recorded: false };
  await appendAudit(tx, ctx, {
    merchantId,
    customerId: customerId ?? undefined,
    action: 'privacy.request',
    detail: { request_id: requestId, kind },
  });
  if (kind === 'shop_redact') tx.announce(PRIVACY_CHANNEL);
  return { recorded: true };
}
