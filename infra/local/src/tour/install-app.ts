import { ImportService, ShopService } from '@core/contracts';
import { DEV_ACCESS_TOKEN } from '@core/shopify-stand-in';
import type { TourContext } from './context.ts';

/**
 * Installs the app in the shop by a link of the platform, as a merchant does, but without a browser. The
 * merchant confirms in the shop and again at the API, which then gets tokens that expire.
 */
export async function installApp(tour: TourContext): Promise<void> {
  const { stack, rpc, merchantId, shop, tell } = tour;
  if (stack.standInUrl === undefined) return connectByToken(tour);
  await control(stack.standInUrl, 'app', {
    applicationUrl: `${stack.env.CORE_HTTP_URL}/shopify`,
    redirectUrls: [`${stack.env.CORE_HTTP_URL}/shopify/callback`],
    scopes: ['read_customers', 'read_customer_merge'],
  });
  await control(stack.standInUrl, `shops/${shop}`, { installed: false });
  const { url } = await rpc.unary(ShopService.method.createInstallLink, { merchantId, shop });
  const callback = await redirectOf(url, 'the shop to return the merchant to the API');
  await pageOf(await fetch(callback), 'the API to ask whether the shop is to be connected');
  await pageOf(await fetch(callback, { method: 'POST' }), 'the API to connect the shop');
  const { shop: connected } = await rpc.unary(ShopService.method.getShop, { merchantId, shop });
  tell(`merchant ${merchantId}, shop ${shop}, scopes ${connected?.scopes.join(' ') ?? ''}`);
}

/** Another server that imitates Shopify may not know OAuth, but knows the published development token. */
async function connectByToken({ rpc, merchantId, shop, tell }: TourContext): Promise<void> {
  await rpc.unary(ImportService.method.connectShop, { merchantId, shop, accessToken: DEV_ACCESS_TOKEN });
  tell(`merchant ${merchantId}, shop ${shop}`);
}

async function control(standInUrl: string, path: string, body: object): Promise<void> {
  const reply = await fetch(`${standInUrl}/_control/${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(`the stand-in answered ${reply.status} to a change of ${path}`);
}

/** @throws Error with the status and the page, whose text says what to do */
async function redirectOf(url: string, expected: string): Promise<string> {
  const reply = await fetch(url, { redirect: 'manual' });
  return reply.headers.get('location') ?? Promise.reject(await unexpected(reply, expected));
}

/** @throws as redirectOf */
async function pageOf(reply: Response, expected: string): Promise<void> {
  if (reply.status !== 200) throw await unexpected(reply, expected);
}

async function unexpected(reply: Response, expected: string): Promise<Error> {
  const text = (await reply.text()).replace(/<style>[^<]*<\/style>|<[^<>]*>/g, ' ').trim();
  return new Error(`expected ${expected}, but got ${reply.status}: ${text}`);
}
