import type { App } from '../app.ts';
import type { Approval } from '../approval.ts';
import type { Installation } from '../installation.ts';
import { hasScope } from '../oauth/scopes.ts';
import type { Rules } from '../rules.ts';
import type { Topic } from './payloads.ts';
import type { WebhookTarget } from './sender.ts';
import type { Subscriptions } from './subscriptions.ts';
import { scopeOf, WITHOUT_APP } from './topics.ts';

interface RouteOptions {
  app: App;
  installation: Installation;
  subscriptions: Subscriptions;
  rules: Rules;
  approval: () => Approval;
}

/** Decides whether a shop sends a topic, and where to. */
export interface Route {
  /** A shop without the app sends no webhooks about its data. */
  isSent(topic: Topic): boolean;
  /** The subscription of the app's configuration, and those of the shop. */
  subscribed(topic: Topic): WebhookTarget[];
}

/**
 * Source: shopify.dev/docs/apps/build/webhooks/subscribe ("Each topic you subscribe to requires a
 * corresponding access scope"; app-specific and shop-specific subscriptions).
 */
export function createRoute({ app, installation, subscriptions, rules, approval }: RouteOptions): Route {
  return {
    isSent: (topic) => WITHOUT_APP.has(topic) || !rules.broken('webhook-installed', !installation.installed),
    subscribed(topic) {
      const scope = scopeOf(topic);
      const isDenied = scope !== undefined && !hasScope(installation.scopes, scope);
      if (rules.broken('webhook-delivery-scope', isDenied)) return [];
      if (rules.broken('webhook-delivery-protected', scope !== undefined && approval() === 'none')) return [];
      const { webhooks } = app.config();
      const retryScale = webhooks?.retryScale;
      const targets = subscriptions
        .list()
        .filter((subscription) => subscription.topic === topic)
        .map(({ id, uri }): WebhookTarget => ({
          url: uri,
          ...(retryScale !== undefined && { retryScale }),
          gaveUp: () => {
            if (rules.broken('webhook-removed', true)) subscriptions.remove(id);
          },
        }));
      return webhooks?.topics.includes(topic) ? [webhooks, ...targets] : targets;
    },
  };
}
