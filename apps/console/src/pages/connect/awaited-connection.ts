import { ShopStatus, type Shop } from '@core/contracts/web';

/** A shop whose owner is about to confirm the connection on a page of Shopify. */
export interface AwaitedConnection {
  shop: string;
  /** The value that connectionOf returned when the link was opened. */
  before: string | undefined;
}

/** Returns a text that differs for each connection of a shop; undefined while it is not connected. */
export function connectionOf(name: string, shops: readonly Shop[]): string | undefined {
  const shop = shops.find((each) => each.shop === name);
  if (shop?.status !== ShopStatus.CONNECTED) return undefined;
  return `${shop.installation} ${shop.connectedAt?.seconds} ${shop.connectedAt?.nanos}`;
}

export function isMade({ shop, before }: AwaitedConnection, shops: readonly Shop[]): boolean {
  const now = connectionOf(shop, shops);
  return now !== undefined && now !== before;
}
