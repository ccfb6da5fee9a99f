import { deriveKeys, type MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import { adminApiOf, IMPORT_SCOPES, tokenEndpointOf } from '@core/shopify';
import type { ApiEnv } from '../config.ts';
import { createInstallApp, type InstallApp } from './install-app.ts';
import { createInstallStates } from './install-state.ts';
import type { ReportConnect } from './report-connects.ts';
import { CALLBACK_PATH } from './paths.ts';

export interface InstallParts {
  env: ApiEnv;
  pool: Pool;
  keys: MerchantKeyStore;
  reportConnect: ReportConnect;
}

/** @returns undefined when the app's credentials or its public address are not configured */
export function openInstall({ env, pool, keys, reportConnect }: InstallParts): InstallApp | undefined {
  const endpoint = tokenEndpointOf(env);
  if (!endpoint.clientId || !endpoint.clientSecret || !env.CORE_PUBLIC_URL) return undefined;
  return createInstallApp({
    pool,
    keys,
    reportConnect,
    api: adminApiOf(env),
    distribution: env.SHOPIFY_DISTRIBUTION,
    endpoint,
    scopes: IMPORT_SCOPES,
    redirectUrl: `${env.CORE_PUBLIC_URL.replace(/\/$/, '')}${CALLBACK_PATH}`,
    states: createInstallStates(deriveKeys(env.CORE_ENCRYPTION_KEYS, 'install-state')),
  });
}
