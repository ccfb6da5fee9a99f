import { readFileSync } from 'node:fs';
import { startShopifyStandIn, type ShopifyStandIn } from '@core/shopify-stand-in';
import { freePort, startAuthStandIn, whenReady, type AuthStandIn, type Child } from '@core/testing';
import { launchProgram } from './launch-program.ts';
import type { StackOptions } from './options.ts';

export interface StandIns {
  /** host:port of Auth. */
  authAddress?: string;
  /** In this process. */
  auth?: AuthStandIn;
  /** The value of SHOPIFY_BASE_URL. */
  shopifyUrl?: string;
  /** In this process. */
  shopify?: ShopifyStandIn;
  /** The stand-ins in separate processes. */
  children: Child[];
}

interface Around {
  dir: string;
  stops: AsyncDisposableStack;
}

/** Starts stand-ins for the systems of others: Auth and Shopify. */
export async function startStandIns(
  { auth, shopify }: Pick<StackOptions, 'auth' | 'shopify'>,
  around: Around,
): Promise<StandIns> {
  const standIns: StandIns = { children: [] };
  const apart = async (name: string, program: string, env: Record<string, string>) => {
    standIns.children.push(await startApart(name, program, env, around));
  };
  if (auth && 'separate' in auth) {
    const port = await freePort(auth.port);
    await apart('auth-stand-in', 'libs/testing/src/auth/main.ts', { AUTH_STANDIN_PORT: String(port) });
    standIns.authAddress = `127.0.0.1:${port}`;
  } else if (auth) {
    standIns.auth = around.stops.adopt(await startAuthStandIn(auth), (it) => it.close());
    standIns.authAddress = standIns.auth.address;
  }
  if (shopify && 'url' in shopify) standIns.shopifyUrl = shopify.url;
  else if (shopify && 'separate' in shopify) {
    const port = await freePort(shopify.port);
    await apart('shopify-stand-in', 'libs/shopify-stand-in/src/main.ts', {
      SHOPIFY_STANDIN_PORT: String(port),
      SHOPIFY_STANDIN_CUSTOMERS: String(shopify.customers),
    });
    standIns.shopifyUrl = `http://127.0.0.1:${port}/{shop}`;
  } else if (shopify) {
    standIns.shopify = around.stops.adopt(await startShopifyStandIn(shopify), (it) => it.close());
    standIns.shopifyUrl = standIns.shopify.url;
  }
  return standIns;
}

/** Starts a stand-in in a separate process. Each prints a line when it listens. */
async function startApart(
  name: string,
  program: string,
  env: Record<string, string>,
  { dir, stops }: Around,
): Promise<Child> {
  const child = await launchProgram({ name, program, dir, env });
  stops.defer(() => child.stop());
  return whenReady(child, async () => readFileSync(child.logFile, 'utf8').includes('listening'));
}
