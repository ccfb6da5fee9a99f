import { appUrlOf, isHostOf } from '@core/shopify';
import type { InstallApp, Run } from '../../install/install-app.ts';
import type { PageReply } from './page.ts';

export interface CompleteInstallDeps {
  clientId: string;
  install: Pick<InstallApp, 'byCode'>;
}

/**
 * Completes an installation that began with a link, when Shopify returns the merchant with a code.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant.
 * @param query what Shopify has signed: see readSignedQuery
 */
export async function completeInstall(
  { clientId, install }: CompleteInstallDeps,
  query: URLSearchParams,
  run: Run,
): Promise<PageReply> {
  const shop = query.get('shop') ?? '';
  const host = query.get('host') ?? undefined;
  const [state, code] = [query.get('state'), query.get('code')];
  if (!state || !code || (host !== undefined && !isHostOf(host, shop))) return INCOMPLETE;
  await install.byCode({ state, shop, code }, run);
  return { location: appUrlOf({ shop, host, clientId }) };
}

const INCOMPLETE: PageReply = {
  status: 400,
  title: 'The shop was not connected',
  text: 'The address is not one that Shopify creates. Connect the shop again from your account.',
};
