import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImportService } from '@core/contracts';
import { DEV_ACCESS_TOKEN, loadAdminSchema } from '@core/shopify-stand-in';
import { startStack, type App, type Stack } from '@core/stack';
import { aMerchantId, bearer, buildConsole, grpcClient, openBrowser } from '@core/testing';
import type { Browser } from 'playwright-core';

/** A running service with the built console, and a browser. */
export interface World extends AsyncDisposable {
  stack: Stack;
  api: App;
  browser: Browser;
  /** Returns a token that is bound to the merchant, as the platform gives it to a merchant. */
  tokenOf: (merchantId: string, claims?: Record<string, unknown>) => string;
  /** Connects a new shop of the stand-in to a new merchant. */
  newMerchant: (options: { shop: string; customers: number }) => Promise<string>;
  /** Connects a shop of the stand-in to a merchant. */
  connectShop: (options: { merchantId: string; shop: string }) => Promise<void>;
}

/** @param options.kafka starts separate servers with Kafka: the shared one has events of other specs */
export async function openWorld(options: { redisDatabase: number; kafka?: boolean }): Promise<World> {
  await using started = new AsyncDisposableStack();
  const folder = started.adopt(mkdtempSync(join(tmpdir(), 'core-console-')), (it) =>
    rmSync(it, { recursive: true, force: true }),
  );
  await buildConsole(folder);
  // Otherwise the stand-in would load the schema for the first request to a shop, and answer late.
  loadAdminSchema('2026-10');
  const stack = started.use(
    await startStack({
      ...(options.kafka ? { services: 'own', kafka: {} } : { services: 'run' }),
      postgres: {},
      redis: { database: options.redisDatabase },
      // In a separate process: the api waits a second for Auth, and this one may be busy for longer.
      auth: { separate: true },
      shopify: { customers: 0 },
    }),
  );
  const api = await stack.start('api', { env: { ...stack.issuer.env, CORE_CONSOLE_DIR: folder } });
  await stack.start('importer');
  const { browser } = started.use(await openBrowser());
  const rpc = grpcClient(api.target, { metadata: bearer(stack.issuer.token()) });
  started.defer(() => rpc.close());
  const connectShop = async ({ merchantId, shop }: { merchantId: string; shop: string }) =>
    void (await rpc.unary(ImportService.method.connectShop, {
      merchantId,
      shop,
      accessToken: DEV_ACCESS_TOKEN,
    }));
  const stops = started.move();
  return {
    stack,
    api,
    browser,
    tokenOf: (merchant_id, claims) => stack.issuer.token({ merchant_id, ...claims }),
    connectShop,
    async newMerchant({ shop, customers }) {
      const merchantId = aMerchantId();
      stack.shopify.shop(shop).customers = customers;
      await connectShop({ merchantId, shop });
      return merchantId;
    },
    [Symbol.asyncDispose]: () => stops.disposeAsync(),
  };
}
