import { createShopifyClient } from '../client/client.ts';
import { isShopifyItself } from '../client/env.ts';
import type { AdminApi } from '../client/transport.ts';
import { createBulkSource } from './bulk/bulk-source.ts';
import { anywhere, onShopifysHosts } from './bulk/file-hosts.ts';
import { createGraphqlSource } from './graphql/graphql-source.ts';
import { createRestSource } from './rest/rest-source.ts';
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
