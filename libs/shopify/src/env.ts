import { text, url } from '@core/runtime';
import { checkApiVersion } from './api-version.ts';

/** Where the Admin API is; the apps that ask shops share it. */
export const shopifyEnv = {
  SHOPIFY_BASE_URL: url({
    doc: "where a shop's Admin API is; {shop} is replaced by its domain",
    default: 'https://{shop}',
  }),
  SHOPIFY_API_VERSION: text({
    doc: 'Admin API version, YYYY-MM from 2026-01 on, or unstable',
    default: '2026-10',
    check: checkApiVersion,
  }),
};

/** Whether Shopify itself answers, and not a server that plays it. */
export const isShopifyItself = (baseUrl: string): boolean => /^https:\/\/\{shop\}\/?$/i.test(baseUrl);
