import { and, sql } from 'drizzle-orm';
import { build, ONE, privacyRequests, statement, type Tx } from '@core/db';
import { makeCheckDue } from '../../imports/index.ts';
import { isRequest, REQUEST_REF } from '../requests/request-ref.ts';
import type { ShopRedaction } from '../requests/shop-redaction.ts';

const { receivedAt } = privacyRequests;

/** Shopify gives 30 days; the last one is for the redaction itself. */
const UNANSWERED_UNTIL = sql`${receivedAt} + interval '29 days'`;
const AGAIN = sql`now() + interval '1 hour'`;

const POSTPONE = statement({
  params: REQUEST_REF,
  row: ONE,
  text: (p, row) =>
    build
      .update(privacyRequests)
      .set({ notBefore: sql`least(${AGAIN}, ${UNANSWERED_UNTIL})` })
      .where(and(isRequest(p), sql`${UNANSWERED_UNTIL} > now()`))
      .returning(row),
});

/**
 * Postpones the redaction of a shop that has not answered, by an hour, and asks the shop again. Rejected:
 * erasing at the end of its wait. During an outage of the shop or of the importers, a late shop/redact would
 * erase a shop that is connected.
 * @returns false when it may not be postponed any more: an erasure that is due is never lost
 */
export async function postponeRedaction(
  tx: Tx,
  { merchantId, requestId, progress: { shop } }: ShopRedaction,
): Promise<boolean> {
  const postponed = await tx.run(POSTPONE, { merchantId, requestId });
  if (postponed.length === 0 || shop === undefined) return false;
  await makeCheckDue(tx, { merchantId, shop });
  return true;
}
