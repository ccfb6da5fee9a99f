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

/** A shop of its own for a merchant of its own. */
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

export interface Ended {
  run: ImportRun;
  /** From the importer's picking it up to its end. */
  seconds: number;
}

/** Imports a shop with the importers that run. @throws when it does not end completed */
export async function importShop(
  stack: ImportStack,
  { merchantId, shop }: BenchShop,
  source: 'rest' | 'bulk' | 'graphql',
  signal: AbortSignal,
): Promise<Ended> {
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
      throw new Error(`the import is ${run.status}: ${run.error ?? 'no reason'}\n${stack.lastWords()}`);
    return { run, seconds: (run.finishedAt.getTime() - run.startedAt.getTime()) / 1_000 };
  }
}
