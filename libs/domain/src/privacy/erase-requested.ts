import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { build, privacyRequests, statement, type Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import { redactCustomer } from './redact-customer.ts';

const { merchantId, requestId, kind, customerId, completedAt, cancelledAt, receipt } = privacyRequests;

const WAITING = statement({
  crosses: 'queues',
  row: { merchantId, requestId, customerId: sql<CustomerId>`${customerId}` },
  text: (_, row) =>
    build
      .select(row)
      .from(privacyRequests)
      .where(
        and(
          eq(kind, 'redact'),
          // The redacts of webhooks and events name their person elsewhere.
          isNotNull(customerId),
          isNull(completedAt),
          isNull(cancelledAt),
          sql`not ${receipt} ? 'problem'`,
        ),
      )
      // One that cannot be carried out, such as without its key, must not hold up the others.
      .orderBy(sql`random()`)
      .limit(1),
});

/**
 * Carries out one erasure that requestErasure has recorded. The request is not locked: a second worker waits
 * for the erasure, and then finds its receipt. To lock it first would reverse the order of all other
 * erasures.
 * @returns null when none waits
 */
export async function eraseRequested(
  tx: Tx,
  ctx: CommandContext,
): Promise<{ merchantId: MerchantId; requestId: string } | null> {
  const [request] = await tx.run(WAITING);
  if (!request) return null;
  await redactCustomer(tx, ctx, request);
  return { merchantId: request.merchantId, requestId: request.requestId };
}
