import { randomUUID } from 'node:crypto';
import { DEV_CLIENT_ID, DEV_CLIENT_SECRET, loadAdminSchema, type Shop } from '@core/shopify-stand-in';
import { openApi, type TestApi } from './support.ts';

/** The address in the app's configuration; the specs send its requests to the API. */
const PUBLIC_URL = 'http://core.example.com';
export const SIGNUP_URL = 'https://www.example.com/signup?from=shopify&x="<>';

export type InstallWorld = Awaited<ReturnType<typeof openInstallWorld>>;

/** Opens an API that is configured as a Shopify app, with a browser that follows redirects. */
export async function openInstallWorld(env: NodeJS.ProcessEnv = {}) {
  // Otherwise the stand-in would load the schema for the first request to a shop, and answer late on a busy
  // machine.
  loadAdminSchema('2026-10');
  const merchants = new Map<string, string>();
  const api: TestApi = await openApi({
    auth: { shops: merchants },
    env: {
      SHOPIFY_CLIENT_ID: DEV_CLIENT_ID,
      SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET,
      SHOPIFY_DISTRIBUTION: 'public',
      CORE_PUBLIC_URL: `${PUBLIC_URL}/`,
      CORE_SIGNUP_URL: SIGNUP_URL,
      ...env,
    },
  });
  const { shopify } = api;
  shopify.configure({
    applicationUrl: `${PUBLIC_URL}/shopify`,
    redirectUrls: [`${PUBLIC_URL}/shopify/callback`],
    scopes: ['read_customers', 'read_customer_merge'],
    distribution: 'public',
    webhooks: { url: `${api.url}/webhooks/shopify`, topics: ['app/uninstalled', 'app/scopes_update'] },
  });
  const reach = (url: string) => url.replace(PUBLIC_URL, api.url);
  return {
    api,
    /** Merchants by the shops with which they signed up at Auth. */
    merchants,
    /** Creates a shop that never had the app. */
    newShop(): Shop {
      const far = shopify.shop(`shop-${randomUUID()}.myshopify.com`);
      far.installed = false;
      return far;
    },
    reach,
    /** Makes one request as a browser, without following a redirect. */
    async visit(url: string, method: 'GET' | 'POST' = 'GET', sent: Record<string, string> = {}) {
      const reply = await fetch(reach(url), { method, headers: sent, redirect: 'manual' });
      const { status, headers } = reply;
      const text = await reply.text();
      return { status, headers, text, location: headers.get('location') ?? '' };
    },
    /** The rows of the shop's connections, with their tokens as they are stored. */
    connectionsOf: async (shop: string) =>
      (
        await api.owner.query<{
          merchant_id: string;
          scopes: string[];
          plan: string;
          access_token: string;
          refresh_token: string;
        }>('select * from shopify_connections where shop = $1', [shop])
      ).rows,
    async stop() {
      const { violations, shops } = shopify.stats();
      await api.stop();
      return [...violations, ...Object.values(shops).flatMap((shop) => shop.violations)];
    },
  };
}
