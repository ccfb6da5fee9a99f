import { appUrlOf, isHostOf } from '@core/shopify';
import type { InstallApp } from '../../install/install-app.ts';
import type { PageReply } from './page.ts';
import type { PageRun } from './routes.ts';
import { SHOP_CONNECTED } from './shop-connected.ts';

export interface CompleteInstallDeps {
  clientId: string;
  install: Pick<InstallApp, 'readLink' | 'byCode'>;
}

/**
 * Completes an installation that began with a link, when Shopify returns the merchant with a code. First asks
 * the person: Shopify asks for nothing in a shop that has the app already, so any page could have sent their
 * browser here, with a link of another merchant. The page posts to its own address, which only this browser
 * knows and Shopify has signed, so no other page can confirm in its place. Rejected: a cookie that is set
 * with the link. The page that sends the browser can have it set first.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant;
 * `host` is always sent: shopify.dev/changelog/host-parameter-added-to-the-oauth-redirect-uri.
 * @param query what Shopify has signed: see readSignedQuery
 */
export async function completeInstall(
  { clientId, install }: CompleteInstallDeps,
  query: URLSearchParams,
  run: PageRun,
): Promise<PageReply> {
  const value = (name: string) => query.get(name) ?? '';
  const [shop, host, state, code] = [value('shop'), value('host'), value('state'), value('code')];
  if (!state || !code || !isHostOf(host, shop)) return INCOMPLETE;
  if (!run.confirmed) return question(install.readLink({ state, shop }));
  await install.byCode({ state, shop, code }, run);
  return {
    ...SHOP_CONNECTED,
    link: { url: appUrlOf({ shop, host, clientId }), label: 'Open the app in the Shopify admin' },
  };
}

const question = ({ merchantId, shop }: ReturnType<InstallApp['readLink']>): PageReply => ({
  status: 200,
  title: `Connect ${shop}?`,
  text:
    `The loyalty account ${merchantId} will receive the customers of ${shop}. Connect the shop only if this is ` +
    'your account and you have just asked for it there. This page is valid for a minute.',
  confirm: 'Connect the shop',
});

const INCOMPLETE: PageReply = {
  status: 400,
  title: 'The shop was not connected',
  text: 'The address is not one that Shopify creates. Connect the shop again from your account.',
};
