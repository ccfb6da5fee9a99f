import { and, asc, eq, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { build, nullable, shopDirectory, shopifyConnections, statement, type Reader } from '@core/db';
import { notFound } from '@core/runtime';
import { listSegmentSyncs, type SegmentSync } from '../segments/list-segment-syncs.ts';
import { shopDomain } from '../shop-domain.ts';
import type { EndReason } from './end-connection.ts';
import { SHOP } from './of-shop.ts';
import type { CustomerAccess } from './store-customer-access.ts';

/** A shop of a merchant, connected or with data from an earlier connection. */
export interface MerchantShop {
  shop: string;
  /** Null while the shop has not proven the connection. */
  shopId: string | null;
  /** Counts the installations of the app in the shop. */
  generation: number;
  connected: boolean;
  /** Null while the shop is connected. */
  endedAt: Date | null;
  endReason: EndReason | null;
  /** When the shop last accepted a new token; null: not known. */
  provenAt: Date | null;
  /** The access scopes of the token; null: not known. */
  scopes: string[] | null;
  /** Null: not known. */
  plan: string | null;
  /** The IANA name of the shop's time zone; null: not known. */
  timeZone: string | null;
  /** The topics of webhooks that the shop does not send, each as `<reason> <topic>`; null: not checked. */
  webhookProblems: string[] | null;
  /** Null: not known. */
  customerAccess: CustomerAccess | null;
  /** Since when Shopify refuses the access token, and no other can be requested; null: it does not. */
  refusedAt: Date | null;
  /** Null: off, and nothing is left in the shop. */
  segmentSync: SegmentSync | null;
}

const { merchantId, shop, shopId, generation, endedAt, endReason, provenAt } = shopDirectory;

const LIST = statement({
  params: { merchantId: SHOP.merchantId, shop: nullable(SHOP.shop) },
  row: {
    shop,
    shopId: sql<string | null>`${shopId}`,
    generation,
    connected: sql<boolean>`${shopifyConnections.shop} is not null`,
    endedAt,
    endReason,
    provenAt,
    scopes: sql<string[] | null>`${shopifyConnections.scopes}`,
    plan: sql<string | null>`${shopifyConnections.plan}`,
    timeZone: sql<string | null>`${shopifyConnections.timeZone}`,
    webhookProblems: sql<string[] | null>`${shopifyConnections.webhookProblems}`,
    customerAccess: sql<CustomerAccess | null>`${shopifyConnections.customerAccess}`,
    refusedAt: sql<Date | null>`${shopifyConnections.refusedAt}`,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(shopDirectory)
      .leftJoin(
        shopifyConnections,
        and(eq(shopifyConnections.merchantId, merchantId), eq(shopifyConnections.shop, shop)),
      )
      .where(and(eq(merchantId, p.merchantId), sql`(${p.shop} is null or ${shop} = ${p.shop})`))
      .orderBy(asc(shop)),
});

/** Lists the shops of a merchant by name. */
export const listShops = (reader: Reader, of: { merchantId: MerchantId }): Promise<MerchantShop[]> =>
  list(reader, { ...of, shop: null });

/** @throws CoreError invalid_argument; not_found also for a shop of another merchant */
export async function getShop(
  reader: Reader,
  input: { merchantId: MerchantId; shop: string },
): Promise<MerchantShop> {
  const [found] = await list(reader, { ...input, shop: shopDomain(input.shop) });
  if (!found) throw notFound('shop');
  return found;
}

async function list(
  reader: Reader,
  of: { merchantId: MerchantId; shop: string | null },
): Promise<MerchantShop[]> {
  const shops = await reader.run(LIST, of);
  const syncs = await listSegmentSyncs(reader, of);
  return shops.map((each) => ({ ...each, segmentSync: syncs.get(each.shop) ?? null }));
}
