import { DEV_CLIENT_ID, DEV_CLIENT_SECRET } from './oauth/credentials.ts';
import type { Topic } from './webhooks/payloads.ts';
import type { WebhookTarget } from './webhooks/sender.ts';

/** The app-specific webhook subscriptions: one address for all topics. */
export interface AppWebhooks extends WebhookTarget {
  topics: readonly Topic[];
}

/**
 * The app as Shopify knows it: what its `shopify.app.toml` and the Dev Dashboard contain. All shops share it.
 * Source: shopify.dev/docs/apps/build/cli-for-apps/app-configuration.
 */
export interface AppConfig {
  clientId: string;
  /**
   * The first one signs, all of them are accepted. A token that was acquired by a secret ends with it.
   * Source: shopify.dev/docs/apps/build/authentication-authorization/client-secrets
   * (rotate-revoke-client-credentials).
   */
  secrets: readonly string[];
  /** Opened in the admin's iframe, and by a merchant who installs the app. */
  applicationUrl: string;
  /** An authorization redirects only to one of these, compared as a whole. */
  redirectUrls: readonly string[];
  /** The scopes of a managed installation, and of an authorization without the parameter `scope`. */
  scopes: readonly string[];
  /** A public app may not use tokens that never expire. */
  distribution: 'public' | 'custom';
  /** Null: none. */
  webhooks: AppWebhooks | null;
}

export interface App {
  config(): AppConfig;
  /** Replaces the given values. Throws when no secret would be left. */
  configure(change: Partial<AppConfig>): AppConfig;
  /** The secret that signs webhooks, queries and session tokens. */
  signingSecret(): string;
  accepts(secret: string | undefined): boolean;
}

const DEFAULTS: AppConfig = {
  clientId: DEV_CLIENT_ID,
  secrets: [DEV_CLIENT_SECRET],
  applicationUrl: 'https://app.example.com/',
  redirectUrls: [],
  scopes: ['read_customers'],
  distribution: 'custom', // accepts DEV_ACCESS_TOKEN, which never expires
  webhooks: null,
};

export function createApp(given: Partial<AppConfig> = {}): App {
  let config = DEFAULTS;
  const app: App = {
    config: () => config,
    configure(change) {
      const next = { ...config, ...change };
      if (next.secrets.length === 0) throw new Error('the app needs at least one secret');
      config = next;
      return config;
    },
    signingSecret: () => config.secrets[0] ?? '',
    accepts: (secret) => secret !== undefined && config.secrets.includes(secret),
  };
  app.configure(given);
  return app;
}
