import type { Shopify } from '@shopify/shopify-api';

/** The parts of Shopify's library that serve here: ADR 32 has the faults of the others. */
export type ShopifyLibrary = Pick<Shopify, 'session' | 'utils'>;

/**
 * Creates an instance of Shopify's library for each secret, because an instance knows one secret. The first
 * call loads the library: only the api needs it, and it would add 6 MB to every process that imports this
 * package.
 */
export async function loadLibrary(clientId: string, secrets: readonly string[]): Promise<ShopifyLibrary[]> {
  // The instances fail without an adapter.
  await import('@shopify/shopify-api/adapters/node');
  const { ApiVersion, LogSeverity, shopifyApi } = await import('@shopify/shopify-api');
  return secrets.map((apiSecretKey) =>
    shopifyApi({
      apiKey: clientId,
      apiSecretKey,
      isEmbeddedApp: true,
      // Required, and not used by these parts.
      hostName: 'localhost',
      apiVersion: ApiVersion.October26,
      // Its log lines quote requests.
      logger: { level: LogSeverity.Error, log: () => undefined },
    }),
  );
}

/**
 * Refuses a setting by which anyone could sign.
 * @throws Error
 */
export function requireSecrets(secrets: readonly string[]): void {
  if (secrets.length === 0 || secrets.includes('')) throw new Error('every client secret must have a value');
}
