import { and, eq, ne, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import {
  appendAudit,
  assign,
  bare,
  build,
  insertValues,
  int8,
  many,
  nullable,
  ONE,
  shopDirectory,
  shopifyConnections,
  statement,
  text,
  type Tx,
} from '@core/db';
import { CoreError } from '@core/runtime';
import type { CommandContext } from '../../core/index.ts';
import { encryptToken } from '../access-token.ts';
import { shopDomain } from '../shop-domain.ts';
import { endEarlierSegmentSync } from '../segments/end-segment-syncs.ts';
import { isLater, lockInstallation, readInstallation } from './app-installation.ts';
import { moveShop } from './move-shop.ts';
import { ofShop, SHOP } from './of-shop.ts';
import { addToDirectory } from './shop-directory.ts';
import { refuseWhileRedacting } from './refuse-while-redacting.ts';
import { accessAfter, type CustomerAccess } from './store-customer-access.ts';
import { hasOtherOwner, otherOwnerError } from './shop-owner.ts';

export interface ConnectShop {
  merchantId: MerchantId;
  shop: string;
  /** The shop's number, as the shop itself returned it to a request with this access token. */
  shopId: string;
  /** When the shop accepted the access token, by Shopify's clock; by default now. */
  provenAt?: Date | undefined;
  accessToken: string;
  refreshToken?: string | undefined;
  expiresAt?: Date | undefined;
  /** The access scopes that the shop reported. */
  scopes?: readonly string[] | undefined;
  /** The name of the shop's plan, as the shop reported it. */
  plan?: string | undefined;
  /** The IANA name of the shop's time zone, as the shop reported it. */
  timeZone?: string | undefined;
  /** Default: call. */
  by?: ConnectWay;
  /** The customer data that the app may read; undefined: the shop does not tell. */
  customerAccess?: CustomerAccess | undefined;
}

/**
 * The way in which a shop is connected. link: by an install link of the merchant; admin: by a user who opens
 * the app in the shop's admin; call: by a caller that has the tokens.
 */
export type ConnectWay = { way: 'link'; linkId: string } | { way: 'admin' } | { way: 'call' };

const STORE = statement({
  params: {
    ...SHOP,
    accessToken: shopifyConnections.accessToken,
    refreshToken: shopifyConnections.refreshToken,
    expiresAt: shopifyConnections.expiresAt,
    scopes: nullable(many(text)),
    scopesAt: shopifyConnections.scopesAt,
    plan: shopifyConnections.plan,
    timeZone: shopifyConnections.timeZone,
    customerAccess: shopifyConnections.customerAccess,
  },
  text({ merchantId, shop, ...given }) {
    // The app may have been installed again, without its subscriptions.
    const unchecked = {
      webhooksDueAt: sql`null`,
      webhookProblems: sql`null`,
      answeredAt: sql`null`,
      isRefused: sql`false`,
    };
    const customerAccess = accessAfter(given.customerAccess);
    const replacement = {
      ...given,
      ...unchecked,
      customerAccess,
      refreshingUntil: sql`null`,
      refusedAt: sql`null`,
      updatedAt: sql`now()`,
    };
    return sql`
      ${insertValues(shopifyConnections, { merchantId, shop, ...given })}
      on conflict (${bare(SHOP.merchantId, SHOP.shop)}) do update set ${assign(shopifyConnections, replacement)}`;
  },
});

/**
 * Stores the encrypted tokens of a proven shop; a second call replaces them. Whether another merchant has the
 * shop is checked last: only a caller that has proven that it owns the shop may receive this answer. A shop
 * that the merchant has connected under a former name is moved: two connections of one shop would read every
 * customer twice.
 *
 * A user of the admin does not connect a shop that the merchant has disconnected: failed_precondition.
 * @throws CoreError invalid_argument; already_exists when another merchant has a proven connection of the
 *   shop; failed_precondition when the app was uninstalled after the proof, or while data of the merchant is
 *   being removed; as moveShop
 */
export async function connectShop(
  tx: Tx,
  ctx: CommandContext,
  input: ConnectShop,
): Promise<{ shop: string }> {
  const { merchantId, shopId, accessToken, refreshToken, expiresAt, scopes, plan, timeZone } = input;
  const { customerAccess, provenAt = new Date(), by = { way: 'call' } } = input;
  const shop = shopDomain(input.shop);
  await lockInstallation(tx, { shopId });
  const { generation, uninstalledAt } = await readInstallation(tx, { shopId });
  if (uninstalledAt && !isLater(provenAt, uninstalledAt)) throw uninstalled(shop);
  // The merchant may have disconnected it while the admin was opened.
  if (by.way === 'admin' && (await isDisconnected(tx, { merchantId, shop }))) throw disconnected(shop);
  await refuseWhileRedacting(tx, { merchantId, shop });
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  if (await hasOtherOwner(tx, merchantId, shop, shopId)) throw otherOwnerError(shop);
  for (const former of await formerNames(tx, { merchantId, shop, shopId })) {
    await moveShop(tx, ctx, { merchantId, shop: former, newShop: shop, shopId, generation });
  }
  await endEarlierSegmentSync(tx, { merchantId, shop, generation });
  await addToDirectory(tx, { merchantId, shop, shopId, generation, provenAt });
  await tx.run(STORE, {
    merchantId,
    shop,
    accessToken: encryptToken(keys, { merchantId, shop }, 'access', accessToken),
    refreshToken: refreshToken ? encryptToken(keys, { merchantId, shop }, 'refresh', refreshToken) : null,
    expiresAt,
    scopes,
    scopesAt: scopes && provenAt,
    plan,
    timeZone,
    customerAccess,
  });
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'shop.connect',
    detail: { shop, shop_id: shopId, generation, by: by.way, ...('linkId' in by && { link_id: by.linkId }) },
  });
  return { shop };
}

const uninstalled = (shop: string): CoreError =>
  new CoreError('failed_precondition', `shop: the app was uninstalled from ${shop}; install it again`, {
    field: 'shop',
  });

const disconnected = (shop: string): CoreError =>
  new CoreError(
    'failed_precondition',
    `shop: ${shop} was disconnected; connect it again from the merchant's account`,
    { field: 'shop' },
  );

const FIND_DISCONNECTED = statement({
  params: SHOP,
  row: ONE,
  text: (p, row) =>
    build
      .select(row)
      .from(shopDirectory)
      .where(and(ofShop(shopDirectory, p), eq(shopDirectory.endReason, 'disconnected'))),
});

const isDisconnected = async (tx: Tx, shop: Pick<ConnectShop, 'merchantId' | 'shop'>): Promise<boolean> =>
  (await tx.run(FIND_DISCONNECTED, shop)).length > 0;

const FIND_FORMER = statement({
  params: { ...SHOP, shopId: int8 },
  row: { shop: shopDirectory.shop },
  text: (p, row) =>
    build
      .select(row)
      .from(shopDirectory)
      .where(
        and(
          eq(shopDirectory.merchantId, p.merchantId),
          eq(shopDirectory.shopId, p.shopId),
          ne(shopDirectory.shop, p.shop),
        ),
      ),
});

/** Returns the former names under which the merchant has connected the shop of this number. */
const formerNames = async (
  tx: Tx,
  shop: Pick<ConnectShop, 'merchantId' | 'shop' | 'shopId'>,
): Promise<string[]> => (await tx.run(FIND_FORMER, shop)).map((row) => row.shop);
