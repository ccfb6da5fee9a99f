import { tryLockName, type Tx } from '@core/db';

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

/** A redaction in the hands of the caller's transaction. */
export interface ShopRedaction {
  merchantId: string;
  requestId: string;
  progress: ShopProgress;
}

/**
 * Takes one redaction of a shop that is not done, for the time of the caller's transaction; null when there is none,
 * or others have them all. Which one is chance: one that cannot go on does not hold up the others.
 */
export async function takeShopRedaction(tx: Tx): Promise<ShopRedaction | null> {
  const waiting = await tx.query<{ merchantId: string; requestId: string }>(
    `select merchant_id as "merchantId", request_id as "requestId" from privacy_requests
      where completed_at is null and kind = 'shop_redact' order by random() limit 20`,
  );
  for (const { merchantId, requestId } of waiting) {
    // A merchant's, not a request's: two shops of one merchant would each see the other as still connected.
    if (!(await tryLockName(tx, `shop_redact|${merchantId}`))) continue;
    const [taken] = await tx.query<{ receipt: ShopProgress }>(
      `select receipt from privacy_requests
        where merchant_id = $1 and request_id = $2 and completed_at is null for update`,
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
