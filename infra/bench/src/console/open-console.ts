import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ImportService } from '@core/contracts';
import { DEV_ACCESS_TOKEN } from '@core/shopify-stand-in';
import { startStack } from '@core/stack';
import { bearer, buildConsole, grpcClient, openBrowser } from '@core/testing';
import type { Page } from 'playwright-core';
import { buildBundles } from '../bundles.ts';
import type { SuiteOptions } from '../suite.ts';

/** A served console, signed in as the merchant of one shop. */
export interface OpenConsole {
  ownerUrl: string;
  /** Returns a new page of a phone's width, where nothing was opened yet. */
  newPage(): Promise<Page>;
  /** Returns the signed-in link to a page of the console. */
  linkTo(path: string): string;
}

const SHOP = 'bench.myshopify.com';
const PHONE = { width: 360, height: 740 };

/** Starts api and importer from their bundles, the built console, and a browser. */
export async function openConsole(
  dir: string,
  customers: number,
  { stops, signal, say }: Pick<SuiteOptions, 'stops' | 'signal' | 'say'>,
): Promise<OpenConsole> {
  say('building the console, api and importer');
  const folder = join(dir, 'console');
  await buildConsole(folder);
  await buildBundles(['api', 'importer'], signal);
  const stack = stops.use(
    await startStack({
      dir,
      postgres: { durable: true },
      redis: { persist: false },
      auth: {},
      shopify: { separate: true, customers },
      say,
      signal,
    }),
  );
  const env = { ...stack.issuer.env, CORE_CONSOLE_DIR: folder };
  const api = await stack.start('api', { bundled: true, env });
  await stack.start('importer', { bundled: true });
  const merchantId = randomUUID();
  const rpc = grpcClient(api.target, { metadata: bearer(stack.issuer.token()) });
  const connection = { merchantId, shop: SHOP, accessToken: DEV_ACCESS_TOKEN };
  await rpc.unary(ImportService.method.connectShop, connection);
  rpc.close();
  const { browser } = stops.use(await openBrowser());
  const token = stack.issuer.token({ merchant_id: merchantId });
  return {
    ownerUrl: stack.database.urlFor('core_owner'),
    linkTo: (path) => `${api.url}/console${path}#token=${token}`,
    async newPage() {
      const context = await browser.newContext({ locale: 'en-US', viewport: PHONE });
      const page = await context.newPage();
      page.setDefaultTimeout(120_000);
      return page;
    },
  };
}
