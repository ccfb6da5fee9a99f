import { and, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { build, json, privacyRequests, statement, tryLockExclusive, type Tx } from '@core/db';
import { CoreError, notFound } from '@core/runtime';
import { isRequest, REQUEST_REF } from './request-ref.ts';

/** The progress of a shop's redaction, stored as its request's receipt until it is done. No PII. */
export interface ShopProgress {
  /** The shop; absent for all data of the merchant. */
  shop?: string;
  /** The installation of the app that the request is about; absent: not known. */
  generation?: number;
  /** See takeRedaction. */
  isExact?: boolean;
  /** When Shopify triggered its webhook, in ISO 8601; absent: it was not requested by one. */
  at?: string;
  /** Whether the merchant's customers are removed, too; absent until the redaction has started. */
  whole?: boolean;
  /** Customers up to this id are erased. */
  after?: CustomerId;
  /**
   * Only data that is arriving right now is left: the next step blocks writers. Under steady writes the
   * redaction would otherwise never end.
   */
  nearlyDone?: boolean;
  /** The amounts removed so far, by place. */
  removed?: Record<string, number>;
}

export const counted = (progress: ShopProgress, place: string, n: number): ShopProgress => ({
  ...progress,
  removed: { ...progress.removed, [place]: (progress.removed?.[place] ?? 0) + n },
});

const { kind, completedAt, cancelledAt, heldAt, confirmedAt, notBefore } = privacyRequests;

/** A shop redaction that is neither done nor cancelled. */
export const OPEN_SHOP_REDACTION = sql`${kind} = 'shop_redact' and ${completedAt} is null and ${cancelledAt} is null`;

/** The redaction was held because many arrived at once, and no operator has confirmed it. */
export const HELD = sql<boolean>`(${heldAt} is not null and ${confirmedAt} is null)`;

/** A shop redaction that may be carried out now. An unscheduled one may not. */
const DUE = sql`${OPEN_SHOP_REDACTION} and ${notBefore} <= now() and not ${HELD}`;

export interface ShopRedactionRef {
  merchantId: MerchantId;
  requestId: string;
}

/** A redaction that the caller's transaction has locked. */
export interface ShopRedaction {
  merchantId: MerchantId;
  requestId: string;
  progress: ShopProgress;
}

const WAITING = statement({
  crosses: 'queues',
  row: REQUEST_REF,
  text: (_, row) =>
    build
      .select(row)
      .from(privacyRequests)
      .where(DUE)
      .orderBy(sql`random()`)
      .limit(20),
});

const PROGRESS = sql<ShopProgress>`${privacyRequests.receipt}`;

const TAKE = statement({
  params: REQUEST_REF,
  row: { progress: PROGRESS },
  text: (p, row) =>
    build
      .select(row)
      .from(privacyRequests)
      .where(and(isRequest(p), DUE))
      .for('update'),
});

/**
 * Locks one due shop redaction for the duration of the caller's transaction; null when there is none, or
 * other workers have locked them all. It is chosen at random, so that a redaction that cannot continue does
 * not hold up the others.
 */
export async function lockShopRedaction(tx: Tx): Promise<ShopRedaction | null> {
  const waiting = await tx.run(WAITING);
  for (const { merchantId, requestId } of waiting) {
    // The lock is per merchant, not per request: two shops of one merchant would each see the other as
    // connected.
    if (!(await tryLockExclusive(tx, `shop_redact|${merchantId}`))) continue;
    const [taken] = await tx.run(TAKE, { merchantId, requestId });
    if (taken) return { merchantId, requestId, progress: taken.progress };
  }
  return null;
}

const SAVE = statement({
  params: { ...REQUEST_REF, receipt: json },
  text: (p) => build.update(privacyRequests).set({ receipt: p.receipt }).where(isRequest(p)),
});

export const saveProgress = async (
  tx: Tx,
  { merchantId, requestId }: ShopRedaction,
  progress: ShopProgress,
): Promise<void> => {
  await tx.run(SAVE, { merchantId, requestId, receipt: JSON.stringify(progress) });
};

const LOCK = statement({
  params: REQUEST_REF,
  row: {
    kind,
    done: sql<boolean>`${completedAt} is not null`,
    cancelled: sql<boolean>`${cancelledAt} is not null`,
    held: HELD,
    problem: sql<string | null>`${privacyRequests.receipt} ->> 'problem'`,
    progress: PROGRESS,
  },
  text: (p, row) => build.select(row).from(privacyRequests).where(isRequest(p)).for('update'),
});

/**
 * Locks a request in the caller's transaction, for an operator's decision, after the current step of a shop
 * redaction has ended.
 * @throws CoreError not_found; failed_precondition when it is done or cancelled
 */
export async function lockOpenRequest(
  tx: Tx,
  { merchantId, requestId }: ShopRedactionRef,
): Promise<{ kind: string; progress: ShopProgress; problem: string | null; held: boolean }> {
  const [request] = await tx.run(LOCK, { merchantId, requestId });
  if (!request) throw notFound('privacy request');
  const over = (request.done && 'it is done') || (request.cancelled && 'it was cancelled');
  if (over) throw new CoreError('failed_precondition', `privacy_request: ${over}`);
  return request;
}
