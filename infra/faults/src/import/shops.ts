import { randomBytes, randomUUID } from 'node:crypto';
import type { MerchantId, ImportId } from '@core/contracts';
import { inTransaction, type Tx } from '@core/db';
import {
  cancelImport,
  connectShop,
  getImport,
  startImport,
  type CommandContext,
  type ImportRun,
  type StartImport,
} from '@core/domain';
import { DEV_ACCESS_TOKEN, shopIdOf, type Shop, type TokenPair } from '@core/shopify-stand-in';
import { aMerchantId } from '@core/testing';
import { eventually } from '../eventually.ts';
import type { ImportStack } from './stack.ts';

/** The parts of a stack that shops and their runs need. */
export type ShopStack = Pick<ImportStack, 'api' | 'keys' | 'shopify'>;

export interface ConnectedShop {
  merchantId: MerchantId;
  shop: string;
  /** The shop in the stand-in. */
  far: Shop;
}

export interface RunRef {
  merchantId: MerchantId;
  importId: ImportId;
}

export type SourceName = Exclude<StartImport['source'], undefined>;

const asApi = <T>(
  { api }: ShopStack,
  { merchantId }: { merchantId: MerchantId },
  work: (tx: Tx) => Promise<T>,
): Promise<T> => inTransaction(api, work, { merchantId });

const ctx = ({ keys }: ShopStack): CommandContext => ({ caller: 'faults', requestId: randomUUID(), keys });

/** Connects a new shop to a new merchant, with slow answers. */
export async function newShop(stack: ShopStack, customers: number): Promise<ConnectedShop> {
  const shop = `shop-${randomBytes(6).toString('hex')}.myshopify.com`;
  const far = stack.shopify.shop(shop);
  far.plan = 'plus';
  far.customers = customers;
  far.latencyMs = [20, 60];
  const connected = { merchantId: aMerchantId(), shop, far };
  await connect(stack, connected);
  return connected;
}

/** @param tokens expiring tokens; default: a token that never expires */
export function connect(
  stack: ShopStack,
  { merchantId, shop }: ConnectedShop,
  tokens?: TokenPair,
): Promise<unknown> {
  const accessToken = tokens?.accessToken ?? DEV_ACCESS_TOKEN;
  const shopId = String(shopIdOf(shop));
  const expiring = tokens && { refreshToken: tokens.refreshToken };
  return asApi(stack, { merchantId }, (tx) =>
    connectShop(tx, ctx(stack), { merchantId, shop, shopId, accessToken, ...expiring }),
  );
}

export const startRun = (
  stack: ShopStack,
  { merchantId, shop }: ConnectedShop,
  source: SourceName,
): Promise<RunRef> =>
  asApi(stack, { merchantId }, async (tx) => ({
    merchantId,
    ...(await startImport(tx, ctx(stack), { merchantId, shop, source })),
  }));

export const cancelRun = (stack: ShopStack, ref: RunRef): Promise<unknown> =>
  asApi(stack, ref, (tx) => cancelImport(tx, ctx(stack), ref));

export const getRun = (stack: ShopStack, ref: RunRef): Promise<ImportRun> =>
  asApi(stack, ref, (tx) => getImport(tx, ref));

/** Waits until the run meets the condition; a query to an unavailable database is repeated. */
export async function untilRun(
  stack: ShopStack,
  ref: RunRef,
  what: string,
  holds: (run: ImportRun) => boolean,
): Promise<ImportRun> {
  let run: ImportRun | undefined;
  await eventually(`the import to be ${what}`, async () => {
    run = await getRun(stack, ref).catch(() => undefined);
    return run !== undefined && (holds(run) || run.finishedAt !== null);
  });
  if (!run) throw new Error('no run');
  return run;
}

export const untilEnded = (stack: ShopStack, ref: RunRef): Promise<ImportRun> =>
  untilRun(stack, ref, 'finished', ({ finishedAt }) => finishedAt !== null);
