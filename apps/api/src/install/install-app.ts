import { inTransaction, type Pool } from '@core/db';
import { requireConnectable, useInstallLink, type CommandContext } from '@core/domain';
import { CoreError } from '@core/runtime';
import {
  authorizeUrl,
  exchangeCode,
  exchangeSessionToken,
  type GrantedTokens,
  type SessionToken,
  type TokenEndpoint,
} from '@core/shopify';
import type { MerchantId } from '@core/contracts';
import type { MerchantKeyStore } from '@core/crypto';
import { connectGrantedShop, type ConnectDeps } from './connect-granted-shop.ts';
import type { InstallStates } from './install-state.ts';

export interface InstallAppOptions extends ConnectDeps {
  pool: Pool;
  keys: MerchantKeyStore;
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
  /**
   * Completes an installation by a link: the authorization code grant.
   * @throws CoreError invalid_argument for a link that is not ours, has expired or was used; GrantRefused;
   *   as connectGrantedShop
   */
  byCode(of: { state: string; shop: string; code: string }, run: Run): Promise<void>;
  /**
   * Completes an installation from the shop's admin: token exchange.
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
  const { pool, keys, endpoint, scopes, redirectUrl, states } = options;
  const connect = (
    { merchantId, shop, granted }: { merchantId: MerchantId; shop: string; granted: GrantedTokens },
    { requestId, signal }: Run,
  ) => {
    const ctx: CommandContext = { caller: 'shopify', requestId, keys };
    const { accessToken, refreshToken, expiresAt } = granted;
    return connectGrantedShop(
      options,
      { merchantId, shop, accessToken, refreshToken, expiresAt },
      signal,
      (work) => inTransaction(pool, (tx) => work(tx, ctx), { merchantId, signal }),
    );
  };

  /** One for each shop: a second grant would retire the tokens of the first before they are stored. */
  const openings = new Map<string, Promise<void>>();
  /** Before the grant, which retires the tokens that are stored for the shop, whichever merchant has them. */
  const assertConnectable = (of: { merchantId: MerchantId; shop: string }, { signal }: Run) =>
    inTransaction(pool, (tx) => requireConnectable(tx, of), { merchantId: of.merchantId, signal });

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
    async byCode({ state, shop, code }, run) {
      const link = states.read(state);
      if (!link || link.shop !== shop) throw unusable();
      const { merchantId, linkId, expiresAt } = link;
      // Before the code: a second run would be granted new tokens, which revokes those of the first one.
      const isFirst = await inTransaction(
        pool,
        (tx) => useInstallLink(tx, { merchantId, linkId, expiresAt }),
        {
          merchantId,
          signal: run.signal,
        },
      );
      if (!isFirst) throw unusable();
      await assertConnectable({ merchantId, shop }, run);
      const granted = await exchangeCode({ ...endpoint, signal: run.signal }, shop, code, Date.now);
      await connect({ merchantId, shop, granted }, run);
    },
    bySessionToken({ merchantId, token, session: { shop } }, run) {
      const key = `${merchantId} ${shop}`;
      const open = async () => {
        await assertConnectable({ merchantId, shop }, run);
        const granted = await exchangeSessionToken(
          { ...endpoint, signal: run.signal },
          shop,
          token,
          Date.now,
        );
        await connect({ merchantId, shop, granted }, run);
      };
      const opening = openings.get(key) ?? open().finally(() => openings.delete(key));
      openings.set(key, opening);
      return opening;
    },
  };
}

const unusable = () =>
  new CoreError('invalid_argument', 'state: the link was used before or has expired; create a new one', {
    field: 'state',
  });
