import type { App } from './app.ts';
import { beginInstallation, forgetInstallation } from './installation.ts';
import type { Installation } from './installation.ts';
import type { Codes } from './oauth/codes.ts';
import type { ServedMetafields } from './metafields/store.ts';
import { compactScopes } from './oauth/scopes.ts';
import { DEFAULT_USER, mintSessionToken, sessionId } from './oauth/session-token.ts';
import type { SessionTokenOverrides } from './oauth/session-token.ts';
import { hostOf, signQuery } from './oauth/sign-query.ts';
import type { Tokens } from './oauth/tokens.ts';
import { scopesPayload, shopIdOf, shopRedactPayload, uninstalledPayload } from './webhooks/payloads.ts';
import type { Sender } from './webhooks/sender.ts';
import type { Subscriptions } from './webhooks/subscriptions.ts';

/** The actions of the merchant, and of Shopify on the merchant's behalf, on the app in one shop. */
export interface Life {
  /**
   * A managed installation: Shopify installs the app with the scopes of its configuration, without a request
   * to the app. An installed app only gets the scopes.
   * Source: shopify.dev/docs/apps/build/authentication-authorization/app-installation.
   */
  install(): void;
  /**
   * Revokes tokens, codes and subscriptions, removes the metafields, sends app/uninstalled, and shop/redact
   * 48 hours later. The redaction also arrives when the app was installed again in the meantime, because
   * Shopify does not promise to withhold it. Throws when the app is not installed.
   * Source: shopify.dev/docs/apps/build/compliance/privacy-law-compliance.
   */
  uninstall(options?: { redactAfterMs?: number }): void;
  /**
   * Replaces the granted scopes and sends app/scopes_update.
   * Source: shopify.dev/docs/apps/build/authentication-authorization/app-installation/manage-access-scopes.
   */
  updateScopes(scopes: readonly string[]): void;
  /** Returns the URL that the admin loads in its iframe when the merchant opens the app. */
  openApp(): string;
  /**
   * Returns the URL that a merchant requests who installs an app without managed installation.
   * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
   * ("Verify the installation request").
   */
  installUrl(): string;
  /** Issues the token that App Bridge passes to the app's page. Overrides forge one. */
  sessionToken(overrides?: SessionTokenOverrides): string;
}

export interface ServedLife extends Life {
  /** The merchant approves the scopes of an authorization: installs the app, or changes its scopes. */
  approve(scopes: string[]): void;
  /** Makes a shop that never had the app, without a webhook. */
  forget(): void;
  /** Cancels the redactions that are due. */
  close(): void;
}

interface LifeOptions {
  /** The shop's first domain, by which webhooks name it. */
  shop: string;
  /** Returns the current domain. */
  domain: () => string;
  app: App;
  installation: Installation;
  now: () => number;
  send: Sender['send'];
  tokens: Tokens;
  codes: Codes;
  subscriptions: Subscriptions;
  metafields: Pick<ServedMetafields, 'clear'>;
  redactAfterMs: number;
}

export function createLife(options: LifeOptions): ServedLife {
  const { shop, domain, app, installation, now, send, tokens, codes, subscriptions } = options;
  const timers = new Set<NodeJS.Timeout>();
  const requireInstalled = () => {
    if (!installation.installed) throw new Error(`the app is not installed in ${domain()}`);
  };
  const updateScopes = (scopes: readonly string[]) => {
    requireInstalled();
    const previous = installation.scopes;
    installation.scopes = [...scopes];
    send('app/scopes_update', scopesPayload(shop, { previous, current: installation.scopes, atMs: now() }));
  };
  const approve = (scopes: string[]) => {
    if (!installation.installed) beginInstallation(installation, scopes);
    else if (!isSame(scopes, installation.scopes)) updateScopes(scopes);
  };
  const sessionToken = (overrides?: SessionTokenOverrides) => {
    const { clientId } = app.config();
    const minted = { shop: domain(), clientId, secret: app.signingSecret(), nowMs: now() };
    return mintSessionToken(minted, overrides);
  };
  const endAccess = () => {
    tokens.revokeRefreshTokens();
    codes.revoke(shopIdOf(shop));
    subscriptions.clear();
    options.metafields.clear();
  };
  const close = () => timers.forEach((timer) => clearTimeout(timer));
  const signedUrl = (parameters: Record<string, string>) => {
    const url = new URL(app.config().applicationUrl);
    const all = { ...parameters, host: hostOf(domain()), shop: domain(), timestamp: seconds(now()) };
    url.search = signQuery(all, app.signingSecret()).toString();
    return url.href;
  };

  return {
    install: () => approve(compactScopes(app.config().scopes)),
    approve,
    updateScopes,
    uninstall({ redactAfterMs = options.redactAfterMs } = {}) {
      requireInstalled();
      send('app/uninstalled', uninstalledPayload(shop));
      installation.installed = false;
      installation.uninstalledMs = now();
      endAccess();
      const timer = setTimeout(() => {
        timers.delete(timer);
        send('shop/redact', shopRedactPayload(shop));
      }, redactAfterMs).unref();
      timers.add(timer);
    },
    openApp() {
      requireInstalled();
      const session = sessionId(domain(), app.config().clientId, DEFAULT_USER);
      return signedUrl({ embedded: '1', id_token: sessionToken(), locale: 'en', session });
    },
    installUrl: () => signedUrl({}),
    sessionToken,
    forget() {
      close();
      endAccess();
      tokens.revoke();
      forgetInstallation(installation);
    },
    close,
  };
}

const seconds = (ms: number): string => String(Math.floor(ms / 1000));

const isSame = (one: readonly string[], two: readonly string[]): boolean =>
  one.toSorted().join() === two.toSorted().join();
