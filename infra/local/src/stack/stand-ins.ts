import { freePort, type Child } from '@core/testing';
import { startProcess } from './apps.ts';
import type { StackPorts } from './ports.ts';

export interface StandInOptions {
  dir: string;
  /** Of the stand-in's shop. */
  customers: number;
  /** Another Shopify-like server; the stand-in is not started then. */
  shopifyBaseUrl?: string | undefined;
  say: (line: string) => void;
}

export interface StandIns {
  children: Child[];
  authAddress: string;
  shopifyBaseUrl: string;
  shopifyUrl: string | undefined;
}

/** Auth always, Shopify unless another server plays it. */
export async function startStandIns(options: StandInOptions, ports: StackPorts): Promise<StandIns> {
  const { dir, shopifyBaseUrl, customers, say } = options;
  const [authPort, shopifyPort] = [await freePort(ports.auth), await freePort(ports.shopify)];
  const shopifyUrl = `http://127.0.0.1:${shopifyPort}`;
  const auth = startProcess({
    name: 'auth-stand-in',
    entry: 'libs/testing/src/auth/main.ts',
    env: { AUTH_STANDIN_PORT: String(authPort) },
    dir,
    ready: { logLine: 'listening' },
  });
  const shopify = shopifyBaseUrl
    ? []
    : [
        startProcess({
          name: 'shopify-stand-in',
          entry: 'libs/testing/src/shopify/main.ts',
          env: { SHOPIFY_STANDIN_PORT: String(shopifyPort), SHOPIFY_STANDIN_CUSTOMERS: String(customers) },
          dir,
          ready: { logLine: 'listening' },
        }),
      ];
  const children = await Promise.all([auth, ...shopify]);
  say(
    shopifyBaseUrl
      ? `stand-in is up: Auth (Shopify is ${shopifyBaseUrl})`
      : 'stand-ins are up: Shopify, Auth',
  );
  return {
    children,
    authAddress: `127.0.0.1:${authPort}`,
    shopifyBaseUrl: shopifyBaseUrl ?? `${shopifyUrl}/{shop}`,
    shopifyUrl: shopifyBaseUrl ? undefined : shopifyUrl,
  };
}
