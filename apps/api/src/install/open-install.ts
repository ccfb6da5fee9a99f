import { deriveKeys, type MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import { IMPORT_SCOPES } from '@core/shopify';
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
  const [clientSecret] = env.SHOPIFY_CLIENT_SECRET;
  if (!env.SHOPIFY_CLIENT_ID || !clientSecret || !env.CORE_PUBLIC_URL) return undefined;
  return createInstallApp({
    pool,
    keys,
    reportConnect,
    api: { baseUrl: env.SHOPIFY_BASE_URL, apiVersion: env.SHOPIFY_API_VERSION },
    distribution: env.SHOPIFY_DISTRIBUTION,
    endpoint: { baseUrl: env.SHOPIFY_BASE_URL, clientId: env.SHOPIFY_CLIENT_ID, clientSecret },
    scopes: IMPORT_SCOPES,
    redirectUrl: `${env.CORE_PUBLIC_URL.replace(/\/$/, '')}${CALLBACK_PATH}`,
    states: createInstallStates(deriveKeys(env.CORE_ENCRYPTION_KEYS, 'install-state')),
  });
}
