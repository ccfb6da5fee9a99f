import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { Logger } from '@core/runtime';
import { adminApiOf, tokenEndpointOf, type ReadSessionToken } from '@core/shopify';
import type { AuthClient } from '../../auth/auth-client.ts';
import type { IsMerchant } from '../../auth/merchants.ts';
import type { ApiEnv } from '../../config.ts';
import { findKnownShop } from '../../install/find-merchant.ts';
import type { InstallApp } from '../../install/install-app.ts';
import { renewKnownShop } from '../../install/renew-known-shop.ts';
import { APP_PATH, CALLBACK_PATH } from '../../install/paths.ts';
import type { BuiltConsole } from '../console/read-console.ts';
import type { Route } from '../server.ts';
import { completeInstall } from './complete-install.ts';
import { openApp, type OpenAppDeps } from './open-app.ts';
import { createAppRoute } from './routes.ts';

export interface AppRouteParts {
  env: ApiEnv;
  pool: Pool;
  keys: MerchantKeyStore;
  auth: Pick<AuthClient, 'resolveShop'>;
  isMerchant: IsMerchant;
  install: InstallApp;
  readSession: ReadSessionToken;
  built: BuiltConsole | undefined;
  log: Logger;
}

/** Returns the pages that a merchant's browser visits, by their paths. */
export function openAppRoutes(parts: AppRouteParts): ReadonlyMap<string, Route> {
  const { env, pool, keys, auth, isMerchant, install, readSession, built, log } = parts;
  const clientId = env.SHOPIFY_CLIENT_ID;
  const api = adminApiOf(env);
  const options = { secrets: env.SHOPIFY_CLIENT_SECRET, log };
  const endpoint = tokenEndpointOf(env);
  const app: OpenAppDeps = {
    clientId,
    signupUrl: env.CORE_SIGNUP_URL,
    install,
    readSession,
    findShop: (shop, signal) => findKnownShop({ pool, keys, api }, shop, signal),
    renewShop: (known, shop, signal) => renewKnownShop({ pool, keys, endpoint }, known, shop, signal),
    resolveShop: auth.resolveShop,
    isMerchant,
    built,
  };
  return new Map([
    [APP_PATH, createAppRoute(options, (query, run) => openApp(app, query, run))],
    [
      CALLBACK_PATH,
      createAppRoute({ ...options, confirms: true }, (query, run) =>
        completeInstall({ clientId, install }, query, run),
      ),
    ],
  ]);
}
