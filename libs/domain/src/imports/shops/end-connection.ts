import { and, isNull } from 'drizzle-orm';
import {
  appendAudit,
  build,
  importSchedules,
  ONE,
  shopDirectory,
  shopifyConnections,
  statement,
  type Actor,
  type Tx,
} from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { endSegmentSync } from '../segments/end-segment-syncs.ts';
import { endRuns } from './end-runs.ts';
import { ofShop, SHOP } from './of-shop.ts';

export type EndReason = 'uninstalled' | 'disconnected';

/** Why a run ended, in words for the merchant. */
const RUN_ENDED: Readonly<Record<EndReason, string>> = {
  uninstalled: 'The app was uninstalled from the shop. Install it again, then start a new import.',
  disconnected: 'The shop was disconnected. Connect it again, then start a new import.',
};

const END_ENTRY = statement({
  params: { ...SHOP, at: shopDirectory.endedAt, reason: shopDirectory.endReason },
  text: ({ at, reason, ...shop }) =>
    build
      .update(shopDirectory)
      .set({ endedAt: at, endReason: reason })
      .where(and(ofShop(shopDirectory, shop), isNull(shopDirectory.endedAt))),
});

const DELETE_SCHEDULE = statement({
  params: SHOP,
  text: (p) => build.delete(importSchedules).where(ofShop(importSchedules, p)),
});

const DELETE_CONNECTION = statement({
  params: SHOP,
  // The worker may not read tokens, so it cannot return every column.
  row: ONE,
  text: (p, row) => build.delete(shopifyConnections).where(ofShop(shopifyConnections, p)).returning(row),
});

export interface EndConnection extends ShopConnection {
  reason: EndReason;
  at: Date;
}

/**
 * Ends a connection: its runs are cancelled, its schedule and its tokens are deleted, and no segments are
 * written any more. Each request to a shop reads its token first, so none is sent from then on. The shop's
 * data and its entry in the directory stay until shop/redact. The caller has locked the installation.
 * @returns false when the shop was not connected. The reason of the earlier end stays: an uninstall does not
 *   lift what the merchant has decided
 */
export async function endConnection(
  tx: Tx,
  ctx: Actor,
  { merchantId, shop, reason, at }: EndConnection,
): Promise<boolean> {
  const imports = await endRuns(tx, { merchantId, shop, reason: RUN_ENDED[reason] });
  await tx.run(END_ENTRY, { merchantId, shop, at, reason });
  await tx.run(DELETE_SCHEDULE, { merchantId, shop });
  await endSegmentSync(tx, { merchantId, shop });
  const deleted = await tx.run(DELETE_CONNECTION, { merchantId, shop });
  if (deleted.length === 0) return false;
  await appendAudit(tx, ctx, { merchantId, action: 'shop.disconnect', detail: { shop, reason, imports } });
  return true;
}
