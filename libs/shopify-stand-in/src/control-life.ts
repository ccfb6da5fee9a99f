import type { SessionTokenOverrides } from './oauth/session-token.ts';
import type { Shop } from './shop.ts';

/** The bodies of the requests; an empty body is an empty object. */
export interface LifeRequests {
  install: Record<string, never>;
  uninstall: { redactAfterMs?: number };
  /** Sends app/scopes_update. */
  scopes: { scopes: string[] };
  open: Record<string, never>;
  'install-url': Record<string, never>;
  /** A claim that is null is left out. */
  'session-token': SessionTokenOverrides;
}

type Actions = { [Name in keyof LifeRequests]: (shop: Shop, asked: LifeRequests[Name]) => object };

const ACTIONS: Actions = {
  install: (shop) => done(shop.install()),
  uninstall: (shop, asked) => done(shop.uninstall(asked)),
  scopes: (shop, { scopes }) => done(shop.updateScopes(scopes)),
  open: (shop) => ({ url: shop.openApp() }),
  'install-url': (shop) => ({ url: shop.installUrl() }),
  'session-token': (shop, asked) => ({ sessionToken: shop.sessionToken(asked) }),
};
const done = (_nothing: void) => ({});

/**
 * Handles POST /_control/shops/{shop}/{action}, and GET .../subscriptions. Returns what the action adds to
 * the state of the shop; undefined for an unknown action.
 */
export function controlLife(shop: Shop, method: string, action: string, body: string): object | undefined {
  if (action === 'subscriptions') return { subscriptions: shop.subscriptions.list() };
  if (method !== 'POST' || !Object.hasOwn(ACTIONS, action)) return undefined;
  const act = ACTIONS[action as keyof Actions] as (shop: Shop, asked: unknown) => object;
  return act(shop, body === '' ? {} : JSON.parse(body));
}
