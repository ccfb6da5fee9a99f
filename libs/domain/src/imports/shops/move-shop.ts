import { sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { lockMerchantKeysShared } from '@core/crypto';
import { appendAudit, build, shopDirectory, statement, type Tx } from '@core/db';
import { CoreError, invalid } from '@core/runtime';
import type { CommandContext } from '../../core/index.ts';
import { notConnected, type ShopConnection } from '../access-token.ts';
import { shopDomain } from '../shop-domain.ts';
import { lockInstallation } from './app-installation.ts';
import { forgetConnection, moveConnection } from './move-connection.ts';
import { moveSegmentSync } from '../segments/end-segment-syncs.ts';
import { moveImports, moveSchedule } from './move-imports.ts';
import { moveWebhooks } from './move-webhooks.ts';
import { ofShop, SHOP } from './of-shop.ts';
import { refusePendingRedaction } from './refuse-pending-redaction.ts';
import { hasOtherOwner, otherOwnerError } from './shop-owner.ts';

export interface MoveShop {
  merchantId: MerchantId;
  /** The domain under which it is connected. */
  shop: string;
  /** Its current domain. */
  newShop: string;
  /**
   * The shop's number, as the shop at the new domain returned it to a request with this connection's token.
   */
  shopId: string;
  /** The installation of the app that is being connected; absent: the one that is connected. */
  generation?: number;
}

export interface MovedShop {
  shop: string;
  /** How many of each now have the new name. */
  moved: { imports: number; schedules: number; webhooks: number };
}

/**
 * Gives a renamed shop's connection its new domain. The tokens (encrypted for the new name), the schedule,
 * the imports (so that a failed one can be resumed), the writing of segments and the held webhooks move with
 * it. A connection that the merchant has already proven under the new name keeps its tokens.
 *
 * Refused while a redaction of the shop is pending: it was requested under the former name, and would miss
 * data under another. A shop in which the app was installed again is not redacted: see judgeRedaction.
 * @throws CoreError invalid_argument; failed_precondition: not connected, unproven, a different shop by its
 *   number, a redaction is pending; already_exists when another merchant has the new domain; AlreadyRunning
 */
export async function moveShop(tx: Tx, ctx: CommandContext, input: MoveShop): Promise<MovedShop> {
  const { merchantId, shopId } = input;
  const [shop, newShop] = [shopDomain(input.shop), shopDomain(input.newShop, 'new_shop')];
  if (shop === newShop) throw invalid('new_shop', 'must differ from shop');
  const former = { merchantId, shop };
  await lockInstallation(tx, { shopId });
  // Acquired before the rows' locks: otherwise this transaction would deadlock with a redaction that waits
  // for one of the rows.
  await lockMerchantKeysShared(tx, merchantId);
  const { generation } = await checkNumber(tx, former, { newShop, shopId });
  const isReinstalled = (input.generation ?? generation) > generation;
  if (await hasOtherOwner(tx, merchantId, newShop, shopId)) throw otherOwnerError(newShop, 'new_shop');
  if (!isReinstalled) await refusePendingRedaction(tx, former);
  await moveConnection(tx, ctx, former, { newShop, shopId });
  const moved = {
    imports: await moveImports(tx, former, newShop),
    schedules: await moveSchedule(tx, former, newShop),
    webhooks: await moveWebhooks(tx, ctx, former, newShop),
  };
  await moveSegmentSync(tx, former, newShop);
  // Last, because schedules refer to it.
  await forgetConnection(tx, former);
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'shop.move',
    detail: { shop, new_shop: newShop, shop_id: shopId, ...moved },
  });
  return { shop: newShop, moved };
}

const LOCK_NUMBER = statement({
  params: SHOP,
  row: { shopId: sql<string | null>`${shopDirectory.shopId}`, generation: shopDirectory.generation },
  text: (p, row) => build.select(row).from(shopDirectory).where(ofShop(shopDirectory, p)).for('update'),
});

async function checkNumber(
  tx: Tx,
  { merchantId, shop }: ShopConnection,
  { newShop, shopId }: Pick<MoveShop, 'newShop' | 'shopId'>,
): Promise<{ generation: number }> {
  const [row] = await tx.run(LOCK_NUMBER, { merchantId, shop });
  if (!row) throw notConnected(shop);
  if (row.shopId === shopId) return row;
  const why =
    row.shopId === null
      ? `shop: the connection of ${shop} is not proven, so it is unknown whether ${newShop} is the same shop; connect ${newShop} instead`
      : `new_shop: ${newShop} is not the shop that was connected as ${shop}`;
  throw new CoreError('failed_precondition', why, { field: row.shopId === null ? 'shop' : 'new_shop' });
}
