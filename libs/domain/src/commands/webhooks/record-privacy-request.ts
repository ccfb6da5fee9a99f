import { appendAudit, type Tx } from '@core/db';
import type { CommandContext } from '../../context.ts';

/** A request of a person or a shop that is not served at once. */
export interface RecordPrivacyRequest {
  merchantId: string;
  requestId: string;
  kind: 'data_request' | 'shop_redact';
  /** Of the person; absent for a shop. */
  externalId?: string | undefined;
}

/**
 * Writes a privacy request down as pending (completed_at null), once; a second time changes nothing. It names the
 * person by our own id, null when unknown here, for that is what an answer is made of.
 */
export async function recordPrivacyRequest(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, requestId, kind, externalId }: RecordPrivacyRequest,
): Promise<{ recorded: boolean }> {
  const recorded = await tx.query(
    `insert into privacy_requests (merchant_id, request_id, kind, customer_id, receipt)
     values ($1, $2, $3, (select id from customers where merchant_id = $1 and external_id = $4), '{}')
     on conflict do nothing returning 1`,
    [merchantId, requestId, kind, externalId ?? null],
  );
  if (recorded.length === 0) return { recorded: false };
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'privacy.request',
    detail: { request_id: requestId, kind },
  });
  return { recorded: true };
}
