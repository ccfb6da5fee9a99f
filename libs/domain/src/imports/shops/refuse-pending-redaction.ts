import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { ONE, privacyRequests, statement, webhookEvents, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

const FIND_REDACTION = statement({
  params: SHOP,
  row: ONE,
  text: (p, row) => sql`
    select ${row} from ${privacyRequests}
     where ${and(
       eq(privacyRequests.merchantId, p.merchantId),
       eq(privacyRequests.kind, 'shop_redact'),
       isNull(privacyRequests.completedAt),
       isNull(privacyRequests.cancelledAt),
       sql`coalesce(${privacyRequests.receipt} ->> 'shop', ${p.shop}) = ${p.shop}`,
     )}
    union all
    select ${row} from ${webhookEvents}
     where ${and(ofShop(webhookEvents, p), eq(webhookEvents.topic, 'shop/redact'), isNotNull(webhookEvents.body))}
    limit 1`,
});

/**
 * Refuses while a redaction of the shop is pending: recorded, or in a webhook that is not applied yet.
 * @throws CoreError failed_precondition
 */
export async function refusePendingRedaction(tx: Tx, { merchantId, shop }: ShopConnection): Promise<void> {
  if ((await tx.run(FIND_REDACTION, { merchantId, shop })).length === 0) return;
  throw new CoreError(
    'failed_precondition',
    `shop: a redaction of ${shop} is pending; it must be completed or cancelled first`,
    { field: 'shop' },
  );
}
