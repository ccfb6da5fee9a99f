import { appendAudit, type Tx } from '@core/db';
import { CoreError, invalid } from '@core/runtime';
import type { CommandContext } from '../../core/index.ts';
import { notConnected, openToken, sealToken, type ShopConnection } from '../access-token.ts';
import { shopDomain } from '../shop-domain.ts';
import { ACTIVE, alreadyRunning } from '../start-import.ts';
import { moveWebhooks } from './move-webhooks.ts';
import { isTaken, takenByAnother } from './shop-owner.ts';

export interface MoveShop {
  merchantId: string;
  /** As it is connected. */
  shop: string;
  /** Its domain now. */
  newShop: string;
  /** The number that the shop at the new domain returned to a request with this connection's token. */
  shopId: string;
}

export interface MovedShop {
  shop: string;
  /** How many of each have the new name from now on. */
  moved: { imports: number; schedules: number; webhooks: number };
}

/**
 * Gives a renamed shop's connection its new domain, and with it the tokens (sealed for the new name), the schedule, the
 * imports, so that a failed one is resumed, and the webhooks that are held. A connection that the merchant has proven by
 * the new name meanwhile keeps its tokens.
 *
 * Not while a redaction of the shop waits: it was asked for by the former name, and would miss what bears another.
 * @throws CoreError invalid_argument; failed_precondition: not connected, unproven, another shop by its number, a
 *   redaction waits; already_exists when another merchant has the new domain; AlreadyRunning
 */
export async function moveShop(tx: Tx, ctx: CommandContext, input: MoveShop): Promise<MovedShop> {
  const { merchantId, shopId } = input;
  const [shop, newShop] = [shopDomain(input.shop), shopDomain(input.newShop, 'new_shop')];
  if (shop === newShop) throw invalid('new_shop', 'must differ from shop');
  const former = { merchantId, shop };
  await checkNumber(tx, former, { newShop, shopId });
  if (await isTaken(tx, merchantId, newShop, shopId)) throw takenByAnother(newShop, 'new_shop');
  if (await isToBeRedacted(tx, former)) {
    throw new CoreError('failed_precondition', `shop: a redaction of ${shop} waits to be carried out`, {
      field: 'shop',
    });
  }
  await moveConnection(tx, ctx, former, newShop);
  const moved = {
    imports: await moveImports(tx, former, newShop),
    schedules: await moveSchedule(tx, former, newShop),
    webhooks: await moveWebhooks(tx, ctx, former, newShop),
  };
  // Last: schedules refer to it.
  await tx.query('delete from shopify_connections where merchant_id = $1 and shop = $2', [merchantId, shop]);
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'shop.move',
    detail: { shop, new_shop: newShop, shop_id: shopId, ...moved },
  });
  return { shop: newShop, moved };
}

async function checkNumber(
  tx: Tx,
  { merchantId, shop }: ShopConnection,
  { newShop, shopId }: Pick<MoveShop, 'newShop' | 'shopId'>,
): Promise<void> {
  const [row] = await tx.query<{ shopId: string | null }>(
    'select shop_id as "shopId" from shopify_connections where merchant_id = $1 and shop = $2 for update',
    [merchantId, shop],
  );
  if (!row) throw notConnected(shop);
  if (row.shopId === shopId) return;
  const why =
    row.shopId === null
      ? `shop: the connection of ${shop} is not proven, so nothing tells whether ${newShop} is the same shop; connect ${newShop}`
      : `new_shop: ${newShop} is another shop than the one that was connected as ${shop}`;
  throw new CoreError('failed_precondition', why, { field: row.shopId === null ? 'shop' : 'new_shop' });
}

const isToBeRedacted = async (tx: Tx, { merchantId, shop }: ShopConnection): Promise<boolean> =>
  (
    await tx.query(
      `select from privacy_requests
        where merchant_id = $1 and kind = 'shop_redact' and completed_at is null and cancelled_at is null
          and coalesce(receipt ->> 'shop', $2) = $2
       union all
       select from webhook_events
        where merchant_id = $1 and shop = $2 and topic = 'shop/redact' and body is not null
       limit 1`,
      [merchantId, shop],
    )
  ).length > 0;

/** As a row of its own, because schedules refer to the former one until they are moved. */
async function moveConnection(
  tx: Tx,
  ctx: CommandContext,
  former: ShopConnection,
  newShop: string,
): Promise<void> {
  const { merchantId, shop } = former;
  const [row] = await tx.query<{ access: string; refresh: string | null }>(
    `select access_token as access, refresh_token as refresh
       from shopify_connections where merchant_id = $1 and shop = $2`,
    [merchantId, shop],
  );
  if (!row) throw notConnected(shop);
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const anew = async (kind: 'access' | 'refresh', sealed: string) =>
    sealToken(keys, { merchantId, shop: newShop }, kind, await openToken(tx, ctx.keys, former, kind, sealed));
  await tx.query(
    `insert into shopify_connections (merchant_id, shop, shop_id, access_token, refresh_token, expires_at, created_at)
     select merchant_id, $3, shop_id, $4, $5, expires_at, created_at
       from shopify_connections where merchant_id = $1 and shop = $2
     on conflict (merchant_id, shop) do update
        set shop_id = excluded.shop_id, access_token = excluded.access_token,
            refresh_token = excluded.refresh_token, expires_at = excluded.expires_at, refreshing_until = null,
            updated_at = now()
      where shopify_connections.shop_id is distinct from excluded.shop_id`,
    [
      merchantId,
      shop,
      newShop,
      await anew('access', row.access),
      row.refresh === null ? null : await anew('refresh', row.refresh),
    ],
  );
}

/** All of them: a delta goes on from the last complete one, and a redaction finds what is the shop's by its name. */
async function moveImports(tx: Tx, { merchantId, shop }: ShopConnection, newShop: string): Promise<number> {
  const active = await tx.query(
    `select from customer_import_logs where merchant_id = $1 and shop in ($2, $3) and ${ACTIVE}`,
    [merchantId, shop, newShop],
  );
  // A shop has one import at a time.
  if (active.length > 1) throw await alreadyRunning(tx, merchantId, newShop);
  const moved = await tx.query(
    'update customer_import_logs set shop = $3 where merchant_id = $1 and shop = $2 returning 1',
    [merchantId, shop, newShop],
  );
  return moved.length;
}

async function moveSchedule(tx: Tx, { merchantId, shop }: ShopConnection, newShop: string): Promise<number> {
  const moved = await tx.query(
    `update import_schedules set shop = $3, updated_at = now()
      where merchant_id = $1 and shop = $2
        and not exists (select from import_schedules where merchant_id = $1 and shop = $3)
     returning 1`,
    [merchantId, shop, newShop],
  );
  await tx.query('delete from import_schedules where merchant_id = $1 and shop = $2', [merchantId, shop]);
  return moved.length;
}
