import { eq, ne, sql } from 'drizzle-orm';
import { assign, bare, excluded, insertValues, segmentSyncs, statement, type Tx } from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { SHOP } from '../shops/of-shop.ts';

const { merchantId, shop, state, clearedAt, definedAt, fence } = segmentSyncs;

const TURN = statement({
  params: { ...SHOP, state },
  text: (p) => sql`
    ${insertValues(segmentSyncs, { merchantId: p.merchantId, shop: p.shop, state: p.state })}
    on conflict (${bare(merchantId, shop)}) where ${bare(state)} <> 'ended'
    do update set ${assign(segmentSyncs, {
      state: excluded(state),
      // While the definitions are there, nothing was removed yet.
      clearedAt: sql`case when ${eq(excluded(state), 'on')} then coalesce(${clearedAt}, ${definedAt}) end`,
      fence: sql`${fence} + 1`,
      nextAt: sql`now()`,
      lastError: sql`null`,
    })} where ${ne(state, excluded(state))}`,
});

/**
 * Turns the writing of segments to a shop on or off. On again, it goes on where it was if nothing was removed
 * from the shop meanwhile. The lease stays: the next holder would otherwise send new values beside the old
 * ones of the former holder, which notices within the lease that the sync was taken from it.
 */
export async function turnSegmentSync(
  tx: Tx,
  turned: ShopConnection & { state: 'on' | 'off' },
): Promise<void> {
  const { merchantId, shop, state } = turned;
  await tx.run(TURN, { merchantId, shop, state });
}
