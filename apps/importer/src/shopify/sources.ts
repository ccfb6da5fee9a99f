import { createShopifyClient, isShopifyItself, type AdminApi } from '@core/shopify';
import { createBulkSource } from './bulk-source.ts';
import { anywhere, onShopifysHosts } from './bulk/file-hosts.ts';
import { createGraphqlSource } from './graphql-source.ts';
import { createRestSource } from './rest-source.ts';
import type { Source } from './source.ts';

/** Every way to read a shop. Create them once per process: they learn each shop's page size and remember files. */
export function createSources(api: AdminApi): Record<Source['name'], Source> {
  const client = createShopifyClient(api);
  const graphql = createGraphqlSource(client);
  return {
    graphql,
    rest: createRestSource(api, client),
    bulk: createBulkSource(client, graphql, {
      checkFileUrl: isShopifyItself(api.baseUrl) ? onShopifysHosts : anywhere,
      timeoutMs: api.timeoutMs,
    }),
  };
}
