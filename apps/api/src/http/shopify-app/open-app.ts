import {
  appUrlOf,
  missingScopes,
  SEGMENT_SCOPES,
  SessionTokenRefused,
  type ReadSessionToken,
  type SessionToken,
} from '@core/shopify';
import type { MerchantId } from '@core/contracts';
import type { IsMerchant } from '../../auth/merchants.ts';
import type { InstallApp, Run } from '../../install/install-app.ts';
import type { KnownShop } from '../../install/find-merchant.ts';
import type { BuiltConsole } from '../console/read-console.ts';
import type { AppReply, PageReply } from './page.ts';
import { SHOP_CONNECTED } from './shop-connected.ts';

export interface OpenAppDeps {
  clientId: string;
  /** Where a merchant signs up; empty: not known. */
  signupUrl: string;
  install: Pick<InstallApp, 'bySessionToken' | 'grantUrlOf'>;
  readSession: ReadSessionToken;
  findShop: (shop: string, signal: AbortSignal) => Promise<KnownShop | null>;
  /** Renews the tokens. @returns false when new tokens must be granted */
  renewShop: (known: StaleShop, shop: string, signal: AbortSignal) => Promise<boolean>;
  /** Asks Auth for the merchant that signed up with the shop. */
  resolveShop: (shop: string) => Promise<MerchantId | null>;
  isMerchant: IsMerchant;
  /** Undefined: a page says that the shop is connected. */
  built: BuiltConsole | undefined;
}

type StaleShop = Extract<KnownShop, { state: 'stale' }>;

/**
 * Opens the app in a shop's admin, which shows the console. A shop without usable tokens is connected
 * first, to the merchant that had it before, else to the one that signed up with it.
 * @param query what Shopify has signed: see readSignedQuery
 */
export async function openApp(deps: OpenAppDeps, query: URLSearchParams, run: Run): Promise<AppReply> {
  const { clientId, install, findShop, renewShop, resolveShop, isMerchant } = deps;
  const shop = query.get('shop') ?? '';
  const host = query.get('host') ?? undefined;
  const token = query.get('id_token');
  // Outside the admin there is no session token.
  if (query.get('embedded') !== '1' || token === null)
    return { location: appUrlOf({ shop, host, clientId }) };
  const session = await sessionOf(deps, token);
  if (session?.shop !== shop) return EXPIRED;
  const known = await findShop(shop, run.signal);
  if (known?.state === 'usable') return connected(deps, query, known.scopes);
  if (known?.state === 'stale' && (await renewShop(known, shop, run.signal))) return connected(deps, query);
  if (known?.state === 'disconnected') return DISCONNECTED;
  const merchantId = known?.merchantId ?? (await resolveShop(shop));
  if (!merchantId || !(await isMerchant(merchantId))) return unknownShop(deps);
  await install.bySessionToken({ merchantId, token, session }, run);
  return connected(deps, query);
}

const sessionOf = ({ readSession }: OpenAppDeps, token: string): Promise<SessionToken | undefined> =>
  readSession(token).catch((error: unknown) => {
    if (error instanceof SessionTokenRefused) return undefined;
    throw error;
  });

/**
 * The page of the console reads the session token in the address. Rejected: a redirect to /console, which is
 * one more request before the first view. The link is also in the shop of GetSession, for the console.
 */
function connected(
  { built, install }: Pick<OpenAppDeps, 'built' | 'install'>,
  query: URLSearchParams,
  scopes: readonly string[] | null = null,
): AppReply {
  if (built) return { document: built };
  if (scopes === null || missingScopes(scopes, SEGMENT_SCOPES).length === 0) return SHOP_CONNECTED;
  // A scope that the app did not need at its installation can be granted only there.
  const url = install.grantUrlOf(query.get('shop') ?? '');
  return {
    ...SHOP_CONNECTED,
    link: { url, label: "Let the app write segments to the shop's customers" },
  };
}

/** Any user of the shop's admin can open the app, so opening it does not undo the merchant's decision. */
const DISCONNECTED: PageReply = {
  status: 403,
  title: 'This shop was disconnected',
  text: 'Sign in to your loyalty account and connect the shop there again.',
};

/** A session token lives for a minute, so a page that is reloaded by hand has an old one. */
const EXPIRED: PageReply = {
  status: 401,
  title: 'This page has expired',
  text: 'Open the app in the Shopify admin again.',
};

const unknownShop = ({ signupUrl }: OpenAppDeps): PageReply => ({
  status: 403,
  title: 'This shop is not connected to an account yet',
  text: signupUrl
    ? 'Sign up with this shop or sign in to your account, and connect the shop there.'
    : 'Sign in to your loyalty account and connect the shop there.',
  ...(signupUrl && { link: { url: signupUrl, label: 'Sign up or sign in' } }),
});
