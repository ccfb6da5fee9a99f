import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { ExternalId } from '@core/contracts';
import {
  DEV_ACCESS_TOKEN,
  startShopifyStandIn,
  type Shop,
  type StandInCustomer,
} from '@core/shopify-stand-in';
import { CursorLost, ShopifyUnavailable, Throttled, type QueryCost } from '../src/answers/errors.ts';
import type { ShopClient } from '../src/client/shop-client.ts';
import type { Access, AdminApi } from '../src/client/transport.ts';
import type { Limit } from '../src/limiter/limiter.ts';
import { readCursor, writeCursor } from '../src/sources/cursor.ts';
import type { CustomerRange } from '../src/sources/search-range.ts';
import type { ShopCustomer } from '../src/sources/shop-customer.ts';
import { NotReady } from '../src/sources/source.ts';
import { createSources, type SourceName, type Sources } from '../src/sources/sources.ts';
import { clientAs, recordingLimiter } from './client-as.ts';

export const API_VERSION = '2026-10';

/** A spec's request to a source, with the cursor in its stored form. */
export interface SourceQuery extends Access {
  range: CustomerRange;
  cursor: string | null;
  idsOnly: boolean;
  withoutEmail: boolean;
}

/** A page, and the requests that reading it took. */
export interface SourcePage {
  customers: ShopCustomer[];
  ids: number[];
  /** In the stored form. */
  next: string | null;
  /** Set when the file was not ready. */
  wait: { waitMs: number; reason: string } | null;
  /** The costs requested from the limiter, and those reported to it afterwards. */
  asked: Limit[];
  costs: (QueryCost | null)[];
  /** The last of the costs. */
  cost: QueryCost | null;
}

export interface DrivenSource {
  fetch(query: SourceQuery): Promise<SourcePage>;
}

/** Opens a stand-in with the sources. Every shop is new and has enough capacity for a test's requests. */
async function openSources(seed: string) {
  const standIn = await startShopifyStandIn({ seed, plan: 'enterprise', customers: 0 });
  const api = { baseUrl: standIn.url, apiVersion: API_VERSION };
  const sourcesOf = (of: AdminApi) => {
    const sources = createSources();
    return {
      graphql: driven(of, sources, 'graphql'),
      rest: driven(of, sources, 'rest'),
      bulk: driven(of, sources, 'bulk'),
    };
  };
  return {
    api,
    sources: sourcesOf(api),
    client: (shop: Shop, recording = recordingLimiter()): ShopClient =>
      clientAs(api, access(shop), recording),
    /** Sources with another timeout. */
    impatient: (timeoutMs: number) => sourcesOf({ ...api, timeoutMs }),
    shop(customers: number): Shop {
      const shop = standIn.shop(`shop-${randomBytes(6).toString('hex')}.myshopify.com`);
      shop.customers = customers;
      return shop;
    },
    /** Returns every rule that a source broke in any shop. */
    violations() {
      const { shops, violations } = standIn.stats();
      return [...violations, ...Object.values(shops).flatMap((shop) => shop.violations)];
    },
    close: () => standIn.close(),
  };
}

/** Drives a source like the engine: through the shop's client, with cursors that are stored in between. */
export function driven<Name extends SourceName>(api: AdminApi, sources: Sources, name: Name): DrivenSource {
  return {
    async fetch({ range, cursor, idsOnly, withoutEmail, ...as }) {
      const recording = recordingLimiter();
      const source = sources[name]({ client: clientAs(api, as, recording), range, idsOnly, withoutEmail });
      const taken = () => {
        const costs = recording.outcomes.map(({ cost }) => cost ?? null);
        return { asked: recording.asked, costs, cost: costs.at(-1) ?? null };
      };
      try {
        const { next, ...page } = await source.next(readCursor(name, cursor));
        return { ...page, next: next && writeCursor(next), wait: null, ...taken() };
      } catch (error) {
        if (!(error instanceof NotReady)) throw error;
        const { cursor, waitMs, reason } = error;
        return { customers: [], ids: [], next: writeCursor(cursor), wait: { waitMs, reason }, ...taken() };
      }
    },
  };
}

/** Opens the sources for the specs of a block. No spec may break a rule of Shopify. */
export function useSources(seed: string): () => Awaited<ReturnType<typeof openSources>> {
  let opened: Awaited<ReturnType<typeof openSources>>;
  beforeAll(async () => {
    opened = await openSources(seed);
  });
  afterEach(() => expect(opened.violations()).toEqual([]));
  afterAll(() => opened?.close());
  return () => opened;
}

export const access = ({ domain }: Shop): Access => ({
  shop: domain,
  accessToken: DEV_ACCESS_TOKEN,
  signal: new AbortController().signal,
});

export const ask = (shop: Shop, cursor: string | null = null, range: CustomerRange = {}): SourceQuery => ({
  ...access(shop),
  range,
  cursor,
  idsOnly: false,
  withoutEmail: false,
});

export interface Read {
  customers: ShopCustomer[];
  ids: number[];
  pages: SourcePage[];
  /** Names of the errors thrown, in order. */
  errors: string[];
  waits: string[];
}

interface ReadOptions {
  range?: CustomerRange;
  idsOnly?: boolean;
  withoutEmail?: boolean;
  cursor?: string | null;
  /** Called after every page with its number, from 1. */
  onPage?: (page: SourcePage, number: number) => void | Promise<void>;
}

/** A read with more errors fails its test. */
const MAX_ERRORS = 20;

/** Reads a slice like the engine: waits when required, retries, restarts when the cursor is lost. */
export async function readAll(source: DrivenSource, shop: Shop, options: ReadOptions = {}): Promise<Read> {
  const { range = {}, idsOnly = false, withoutEmail = false, onPage } = options;
  const read: Read = { customers: [], ids: [], pages: [], errors: [], waits: [] };
  let cursor = options.cursor ?? null;
  for (;;) {
    let page: SourcePage;
    try {
      page = await source.fetch({ ...ask(shop, cursor, range), idsOnly, withoutEmail });
    } catch (error) {
      read.errors.push((error as Error).name);
      if (read.errors.length > MAX_ERRORS) throw error;
      if (error instanceof CursorLost) {
        cursor = null;
        Object.assign(read, { customers: [], ids: [] });
      } else if (error instanceof ShopifyUnavailable) await wait(error.retryAfterMs ?? 20);
      else if (error instanceof Throttled) await wait(error.waitMs);
      else throw error;
      continue;
    }
    read.pages.push(page);
    read.customers.push(...page.customers);
    read.ids.push(...page.ids);
    await onPage?.(page, read.pages.length);
    if (page.wait) {
      read.waits.push(page.wait.reason);
      await wait(Math.min(20, page.wait.waitMs));
    }
    if (page.next === null) return read;
    cursor = page.next;
  }
}

/**
 * Returns the expected reading of a shop's customer, written independently of the code under test. Only REST
 * does not report the group.
 */
export const expected = (customer: StandInCustomer, source: SourceName = 'graphql'): ShopCustomer => ({
  externalId: customer.id as ExternalId,
  email: customer.email,
  metadata: {
    number_of_orders: Number(customer.numberOfOrders),
    amount_spent: { amount: customer.amountSpent.amount, currency: customer.amountSpent.currencyCode },
    tags: [...customer.tags].sort(),
    state: customer.state,
    ...(source !== 'rest' && { rfm_group: customer.rfmGroup }),
    created_at: customer.createdAt,
  },
  sourceUpdatedAt: new Date(customer.updatedAt),
});

export const expectedOf = (shop: Shop, source?: SourceName): ShopCustomer[] =>
  [...shop.all()].map((customer) => expected(customer, source));

export const numberOf = ({ id }: { id: string }): number => Number(id.slice(id.lastIndexOf('/') + 1));

/** Keeps the last reading of each customer, sorted by id. */
export const distinct = (customers: readonly ShopCustomer[]): ShopCustomer[] =>
  [...new Map(customers.map((customer) => [customer.externalId, customer])).values()].sort((a, b) =>
    a.externalId < b.externalId ? -1 : 1,
  );
