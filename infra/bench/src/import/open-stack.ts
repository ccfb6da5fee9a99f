import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { ShopSettings } from '@core/shopify-stand-in';
import { startStack } from '@core/stack';
import type { Child } from '@core/testing';
import type { SuiteOptions } from '../suite.ts';

export interface ImportStack {
  /** As the importer's role. */
  pool: Pool;
  /** As the owner, without time limits. */
  owner: Pool;
  ownerUrl: string;
  keys: MerchantKeyStore;
  /** Sets the stand-in's shop up, or does something to it. @returns what it answers */
  shop(domain: string, settings?: ShopSettings): Promise<ShopState>;
  /** The end of the importer's log. */
  lastWords(): string;
  /** Starts an importer or a worker, as deployed. */
  start(app: 'importer' | 'worker', environment?: Record<string, string>): Promise<Child>;
  pids: { postgresql: number; redis: number; kafka: number; shopify: number };
}

/** The parts of the stand-in's state that are read. */
export interface ShopState {
  customers: number;
  worstSecond: number;
  throttled: number;
  limited: number;
  violations: { rule: string; detail: string }[];
}

/** Everything an import needs, each service a process of its own. */
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
      // A process of its own: the bench must not count the work of the stand-in as ours.
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
      if (!reply.ok) throw new Error(`the stand-in answers ${reply.status}`);
      return (await reply.json()) as ShopState;
    },
    lastWords: () => readFileSync(join(dir, 'importer.log'), 'utf8').slice(-4_000),
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
