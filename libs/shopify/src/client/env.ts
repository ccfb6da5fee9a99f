import { list, text, url, type Env } from '@core/runtime';
import { checkApiVersion } from './api-version.ts';

/** The address of the Admin API, shared by the apps that send requests to shops. */
export const shopifyEnv = {
  SHOPIFY_BASE_URL: url({
    doc: "base URL of a shop's Admin API; {shop} is replaced by the shop's domain",
    default: 'https://{shop}',
    schemes: ['https', 'http'],
  }),
  SHOPIFY_API_VERSION: text({
    doc: 'Admin API version, YYYY-MM from 2026-01 on, or unstable',
    default: '2026-10',
    check: checkApiVersion,
  }),
};

/** The credentials and the address of the app, shared by the apps that act as the app. */
export const shopifyAppEnv = {
  SHOPIFY_CLIENT_ID: text({
    doc: "the Shopify app's client id, for installations and to renew tokens that expire",
    default: '',
  }),
  SHOPIFY_CLIENT_SECRET: list({
    doc: "the Shopify app's client secret; several, comma-separated, while it is rotated",
    default: [],
    example: '<client secret>',
    secret: true,
  }),
  CORE_PUBLIC_URL: url({
    doc: 'address at which browsers and Shopify reach the HTTP port; needed to install the app in a shop',
    default: '',
    example: 'https://core.example.com',
    schemes: ['https', 'http'],
  }),
};

/** Returns the address of the Admin API from the environment. */
export const adminApiOf = (env: Env<typeof shopifyEnv>) => ({
  baseUrl: env.SHOPIFY_BASE_URL,
  apiVersion: env.SHOPIFY_API_VERSION,
});

/** Returns the token endpoint from the environment. The first secret requests tokens. */
export const tokenEndpointOf = (
  env: Env<
    Pick<
      typeof shopifyEnv & typeof shopifyAppEnv,
      'SHOPIFY_BASE_URL' | 'SHOPIFY_CLIENT_ID' | 'SHOPIFY_CLIENT_SECRET'
    >
  >,
) => ({
  baseUrl: env.SHOPIFY_BASE_URL,
  clientId: env.SHOPIFY_CLIENT_ID,
  clientSecret: env.SHOPIFY_CLIENT_SECRET[0] ?? '',
});

/** Returns whether the address belongs to Shopify and not to a stand-in. */
export const isShopifyItself = (baseUrl: string): boolean => /^https:\/\/\{shop\}\/?$/i.test(baseUrl);
