import { startShopifyStandIn } from '../src/index.ts';
import type { Shop, ShopifyStandInOptions } from '../src/index.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- the shapes are what is under test */

const SHOP = 'dev-shop.myshopify.com';
export const START_MS = Date.UTC(2026, 5, 1);

export interface Answered {
  status: number;
  headers: Headers;
  body: any;
}

/** Opens a stand-in with its own clock and one shop on the largest plan, called like a client would. */
export async function openShop(options: ShopifyStandInOptions = {}) {
  const clock = { ms: START_MS };
  const standIn = await startShopifyStandIn({ customers: 700, now: () => clock.ms, ...options });
  const shop: Shop = standIn.shop(SHOP);
  shop.plan = 'enterprise';
  const base = standIn.url.replace('{shop}', SHOP);
  const headers = (token: string | null) => (token === null ? {} : { 'x-shopify-access-token': token });
  const answered = async (response: Response): Promise<Answered> => {
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : null };
  };
  return {
    clock,
    standIn,
    shop,
    base,
    rules: () => shop.stats().violations.map(({ rule }) => rule),
    /** Sends a GET with a path relative to /admin/api/{version}/, or with a whole URL. */
    async rest(path: string, { token = shop.accessToken as string | null, version = '2026-10' } = {}) {
      const url = path.startsWith('http') ? path : `${base}/admin/api/${version}/${path}`;
      return answered(await fetch(url, { headers: headers(token) }));
    },
    async graphql(query: string, variables: object = {}, { version = '2026-10' } = {}) {
      const response = await fetch(`${base}/admin/api/${version}/graphql.json`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers(shop.accessToken) },
        body: JSON.stringify({ query, variables }),
      });
      return (await answered(response)).body;
    },
    async refresh(fields: Record<string, string>) {
      const response = await fetch(`${base}/admin/oauth/access_token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'refresh_token', ...fields }),
      });
      return answered(response);
    },
    async control(settings: object, path = '') {
      const url = `http://127.0.0.1:${standIn.port}/_control/shops/${SHOP}${path}`;
      const init = path ? {} : { method: 'POST', body: JSON.stringify(settings) };
      return (await answered(await fetch(url, init))).body;
    },
    close: () => standIn.close(),
  };
}
export type OpenShop = Awaited<ReturnType<typeof openShop>>;

/** Returns the target of a Link header's relation. */
export function linkTo(headers: Headers, rel: string): string | undefined {
  return new RegExp(`<([^>]+)>; rel="${rel}"`).exec(headers.get('link') ?? '')?.[1];
}
