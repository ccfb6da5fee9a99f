import { tryLockName, type Tx } from '@core/db';
import { CoreError, notFound } from '@core/runtime';

/** How far the redaction of a shop has come: its request's receipt until it is done. No PII. */
export interface ShopProgress {
  /** The shop; absent: everything of the merchant. */
  shop?: string;
  /** Whether the merchant's customers go, too; absent until it has begun. */
  whole?: boolean;
  /** Customers up to this id are erased. */
  after?: string;
  /** What was removed so far, by place. */
  removed?: Record<string, number>;
}

/** SQL: a shop redaction that is neither done nor cancelled. */
export const OPEN_SHOP_REDACTION = "kind = 'shop_redact' and completed_at is null and cancelled_at is null";

/** SQL: it was held because many arrived at once, and no operator has confirmed it. */
export const HELD = '(held_at is not null and confirmed_at is null)';

/** SQL: a shop redaction that may be carried out now. An unscheduled one may not. */
const DUE = `${OPEN_SHOP_REDACTION} and not_before <= now() and not ${HELD}`;

export interface ShopRedactionRef {
  merchantId: string;
  requestId: string;
}

/** A redaction in the hands of the caller's transaction. */
export interface ShopRedaction {
  merchantId: string;
  requestId: string;
  progress: ShopProgress;
}

/**
 * Takes one due shop redaction for the duration of the caller's transaction; null when there is none,
 * or others have them all. Which one is chance: one that cannot go on does not hold up the others.
 */
export async function takeShopRedaction(tx: Tx): Promise<ShopRedaction | null> {
  const waiting = await tx.query<{ merchantId: string; requestId: string }>(
    `select merchant_id as "merchantId", request_id as "requestId" from privacy_requests
      where ${DUE} order by random() limit 20`,
  );
  for (const { merchantId, requestId } of waiting) {
    // A merchant's, not a request's: two shops of one merchant would each see the other as still connected.
    if (!(await tryLockName(tx, `shop_redact|${merchantId}`))) continue;
    const [taken] = await tx.query<{ receipt: ShopProgress }>(
      `select receipt from privacy_requests
        where merchant_id = $1 and request_id = $2 and ${DUE} for update`,
      [merchantId, requestId],
    );
    if (taken) return { merchantId, requestId, progress: taken.receipt };
  }
  return null;
}

export const saveProgress = async (
  tx: Tx,
  { merchantId, requestId }: ShopRedaction,
  progress: ShopProgress,
): Promise<void> => {
  await tx.query('update privacy_requests set receipt = $3 where merchant_id = $1 and request_id = $2', [
    merchantId,
    requestId,
    JSON.stringify(progress),
  ]);
};

/**
 * Locks a request for the caller's transaction, for an operator's decision, after the current step of a shop redaction
 * has ended.
 * @throws CoreError not_found; failed_precondition when it is done or cancelled
 */
export async function lockOpenRequest(
  tx: Tx,
  { merchantId, requestId }: ShopRedactionRef,
): Promise<{ kind: string; progress: ShopProgress; problem: string | null; held: boolean }> {
  const [request] = await tx.query<{
    kind: string;
    done: boolean;
    cancelled: boolean;
    held: boolean;
    problem: string | null;
    progress: ShopProgress;
  }>(
    `select kind, completed_at is not null as done, cancelled_at is not null as cancelled, ${HELD} as held,
            receipt ->> 'problem' as problem, receipt as progress
       from privacy_requests where merchant_id = $1 and request_id = $2 for update`,
    [merchantId, requestId],
  );
  if (!request) throw notFound('privacy request');
  const over = (request.done && 'it is done') || (request.cancelled && 'it was cancelled');
  if (over) throw new CoreError('failed_precondition', `privacy_request: ${over}`);
  return request;
}
