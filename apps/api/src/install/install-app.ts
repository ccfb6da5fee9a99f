import { inTransaction, type Pool } from '@core/db';
import { requireConnectable, useInstallLink, type CommandContext, type ConnectWay } from '@core/domain';
import { CoreError } from '@core/runtime';
import {
  type AdminApi,
  authorizeUrl,
  exchangeCode,
  exchangeSessionToken,
  type GrantedTokens,
  grantScopesUrl,
  OPTIONAL_SCOPES,
  type SessionToken,
  type TokenEndpoint,
} from '@core/shopify';
import type { MerchantId } from '@core/contracts';
import type { MerchantKeyStore } from '@core/crypto';
import { connectGrantedShop, type ConnectDeps } from './connect-granted-shop.ts';
import { findKnownShop } from './find-merchant.ts';
import type { InstallState, InstallStates } from './install-state.ts';
import { proveGrant } from './prove-grant.ts';
import type { ReportConnect } from './report-connects.ts';
import { withConnectLease, type HeldLease } from './with-connect-lease.ts';

export interface InstallAppOptions extends Pick<ConnectDeps, 'distribution'> {
  pool: Pool;
  keys: MerchantKeyStore;
  api: AdminApi;
  reportConnect: ReportConnect;
  endpoint: Omit<TokenEndpoint, 'signal'>;
  scopes: readonly string[];
  /** The address to which Shopify returns the merchant. */
  redirectUrl: string;
  states: InstallStates;
}

/** The ways from Shopify into the service. Each ends in one proven connection: connectGrantedShop. */
export interface InstallApp {
  /** Returns the address at which the shop's owner installs the app for the merchant. */
  linkFor(of: { merchantId: MerchantId; shop: string }): { url: string; linkId: string; expiresAt: Date };
  /** Returns the page at the shop where the merchant grants the optional scopes. */
  grantUrlOf(shop: string): string;
  /**
   * Returns what a link is for.
   * @throws CoreError invalid_argument for a link that is not ours or of this shop, or has expired
   */
  readLink(of: { state: string; shop: string }): Pick<InstallState, 'merchantId' | 'shop'>;
  /**
   * Completes an installation by a link: the authorization code grant.
   * @throws CoreError invalid_argument for a link that is not ours, has expired or was used; GrantRefused;
   *   as connectGrantedShop
   */
  byCode(of: { state: string; shop: string; code: string }, run: Run): Promise<void>;
  /**
   * Completes an installation from the shop's admin: token exchange. Does nothing when another request has
   * just connected the shop.
   * @throws GrantRefused; as connectGrantedShop
   */
  bySessionToken(
    of: { merchantId: MerchantId; token: string; session: SessionToken },
    run: Run,
  ): Promise<void>;
}

/** One request that completes an installation. */
export interface Run {
  requestId: string;
  signal: AbortSignal;
}

export function createInstallApp(options: InstallAppOptions): InstallApp {
  const { pool, keys, api, endpoint, scopes, redirectUrl, states, distribution, reportConnect } = options;
  const connect = (
    { merchantId, shop, by }: { merchantId: MerchantId; shop: string; by: ConnectWay },
    requestId: string,
    { lease, signal }: HeldLease,
    grant: (endpoint: TokenEndpoint) => Promise<GrantedTokens>,
  ) =>
    reportConnect({ way: by.way, shop, requestId }, async () => {
      // Before the grant, which retires the tokens that are stored for the shop, whichever merchant has them.
      await inTransaction(pool, (tx) => requireConnectable(tx, { merchantId, shop }), { merchantId, signal });
      const { accessToken, refreshToken, expiresAt } = await grant({ ...endpoint, signal });
      const ctx: CommandContext = { caller: 'shopify', requestId, keys };
      await connectGrantedShop(
        { distribution, proveShop: (access) => proveGrant(api, access) },
        { lease, signal },
        { merchantId, shop, by, accessToken, refreshToken, expiresAt },
        (work) => inTransaction(pool, (tx) => work(tx, ctx), { merchantId, signal }),
      );
    });
  const readLink = ({ state, shop }: { state: string; shop: string }) => {
    const link = states.read(state);
    if (!link || link.shop !== shop) throw unusable();
    return link;
  };

  return {
    linkFor({ merchantId, shop }) {
      const { state, linkId, expiresAt } = states.make({ merchantId, shop });
      const { baseUrl, clientId } = endpoint;
      return {
        url: authorizeUrl({ baseUrl, shop, clientId, scopes, redirectUrl, state }),
        linkId,
        expiresAt,
      };
    },
    grantUrlOf: (shop) =>
      grantScopesUrl({
        baseUrl: endpoint.baseUrl,
        shop,
        clientId: endpoint.clientId,
        scopes,
        optionalScopes: OPTIONAL_SCOPES,
      }),
    readLink,
    async byCode({ state, shop, code }, { requestId, signal }) {
      const { merchantId, linkId, expiresAt } = readLink({ state, shop });
      await withConnectLease(pool, { merchantId, shop }, signal, async (held) => {
        // Before the code: a second run would be granted new tokens, which revokes those of the first one.
        const isFirst = await inTransaction(
          pool,
          (tx) => useInstallLink(tx, { merchantId, linkId, expiresAt }),
          { merchantId, signal },
        );
        if (!isFirst) throw unusable();
        await connect({ merchantId, shop, by: { way: 'link', linkId } }, requestId, held, (endpoint) =>
          exchangeCode(endpoint, shop, code, Date.now),
        );
      });
    },
    bySessionToken({ merchantId, token, session: { shop } }, { requestId, signal }) {
      return withConnectLease(pool, { merchantId, shop }, signal, async (held) => {
        const known = await findKnownShop({ pool, keys, api }, shop, held.signal);
        if (known?.state === 'usable') return;
        await connect({ merchantId, shop, by: { way: 'admin' } }, requestId, held, (endpoint) =>
          exchangeSessionToken(endpoint, shop, token, Date.now),
        );
      });
    },
  };
}

const unusable = () =>
  new CoreError('invalid_argument', 'state: the link was used before or has expired; create a new one', {
    field: 'state',
  });
