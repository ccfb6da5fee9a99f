import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { ShopSettings } from '@core/shopify-stand-in';
import { startStack } from '@core/stack';
import type { Child } from '@core/testing';
import type { SuiteOptions } from '../suite.ts';

export interface ImportStack {
  /** With the importer's role. */
  pool: Pool;
  /** With the owner's role, without timeouts. */
  owner: Pool;
  ownerUrl: string;
  keys: MerchantKeyStore;
  /** Configures a shop of the stand-in, or reads its state. @returns the state */
  shop(domain: string, settings?: ShopSettings): Promise<ShopState>;
  /** Returns the gids of customers of a shop of the stand-in. */
  customersOf(domain: string, offset: number, limit: number): Promise<string[]>;
  /** Returns the end of the importer's log. */
  readLogEnd(): string;
  /** Starts an importer or a worker from its bundle. */
  start(app: 'importer' | 'worker', environment?: Record<string, string>): Promise<Child>;
  pids: { postgresql: number; redis: number; kafka: number; shopify: number };
}

/** The fields of the stand-in's state that the suite reads. */
export interface ShopState {
  customers: number;
  worstSecond: number;
  throttled: number;
  metafieldMutations: number;
  metafieldsSet: number;
  limited: number;
  violations: { rule: string; detail: string }[];
}

/** Starts everything that an import needs, each service in a separate process. */
export async function openImportStack(
  dir: string,
  { stops, signal, say }: Pick<SuiteOptions, 'stops' | 'signal' | 'say'>,
): Promise<ImportStack> {
  const stack = stops.use(
    await startStack({
      dir,
      postgres: { durable: true },
      kafka: {},
      redis: { persist: false },
      // A separate process: the CPU use of the stand-in must not count as ours.
      shopify: { separate: true, customers: 0 },
      say,
      signal,
    }),
  );
  const control = stack.shopifyUrl.replace('{shop}', '_control/shops');
  return {
    pool: stack.pool('core_importer', { max: 4 }),
    owner: stack.pool('core_owner', { max: 4 }),
    ownerUrl: stack.database.urlFor('core_owner'),
    keys: stack.keys,
    async shop(domain, settings) {
      const init = settings && { method: 'POST', body: JSON.stringify(settings) };
      const reply = await fetch(`${control}/${domain}`, init);
      if (!reply.ok) throw new Error(`the stand-in returned status ${reply.status}`);
      return (await reply.json()) as ShopState;
    },
    async customersOf(domain, offset, limit) {
      const reply = await fetch(`${control}/${domain}/customers?offset=${offset}&limit=${limit}`);
      if (!reply.ok) throw new Error(`the stand-in returned status ${reply.status}`);
      return ((await reply.json()) as { id: string }[]).map(({ id }) => id);
    },
    readLogEnd: () => readFileSync(join(dir, 'importer.log'), 'utf8').slice(-4_000),
    async start(app, environment = {}) {
      return (await stack.launch(app, { bundled: true, env: environment })).child;
    },
    pids: {
      postgresql: stack.postgres.primary.child.pid,
      redis: stack.redis.child.pid,
      kafka: stack.kafka.child.pid,
      shopify: stack.children().find(({ name }) => name === 'shopify-stand-in')?.pid ?? 0,
    },
  };
}
