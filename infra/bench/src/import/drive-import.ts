import { randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { inTransaction } from '@core/db';
import { connectShop, getImport, startImport, type ImportRun } from '@core/domain';
import { DEV_ACCESS_TOKEN, shopIdOf, type ShopSettings } from '@core/shopify-stand-in';
import { aMerchantId } from '@core/testing';
import type { ImportStack } from './open-stack.ts';

export interface BenchShop {
  merchantId: MerchantId;
  shop: string;
}

let shops = 0;

/** Creates a new shop and connects it to a new merchant. */
export async function newShop(stack: ImportStack, settings: ShopSettings): Promise<BenchShop> {
  const connected = { merchantId: aMerchantId(), shop: `bench-${++shops}.myshopify.com` };
  await stack.shop(connected.shop, settings);
  const ctx = { caller: 'bench', requestId: randomUUID(), keys: stack.keys };
  await inTransaction(stack.owner, (tx) =>
    connectShop(tx, ctx, {
      ...connected,
      shopId: String(shopIdOf(connected.shop)),
      accessToken: DEV_ACCESS_TOKEN,
    }),
  );
  return connected;
}

export interface EndedImport {
  run: ImportRun;
  /** From when an importer claimed the run to its end. */
  seconds: number;
}

/** Imports a shop with the running importers. @throws Error when the import does not complete */
export async function importShop(
  stack: ImportStack,
  { merchantId, shop }: BenchShop,
  source: 'rest' | 'bulk' | 'graphql',
  signal: AbortSignal,
): Promise<EndedImport> {
  const ctx = { caller: 'bench', requestId: randomUUID(), keys: stack.keys };
  const { importId } = await inTransaction(stack.owner, (tx) =>
    startImport(tx, ctx, { merchantId, shop, source }),
  );
  for (;;) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const run = await inTransaction(stack.owner, (tx) => getImport(tx, { merchantId, importId }));
    if (!run.finishedAt || !run.startedAt) continue;
    if (run.status !== 'completed')
      throw new Error(
        `the import ended with status ${run.status}: ${run.error ?? 'no error was reported'}\n${stack.readLogEnd()}`,
      );
    return { run, seconds: (run.finishedAt.getTime() - run.startedAt.getTime()) / 1_000 };
  }
}
