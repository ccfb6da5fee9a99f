import type { MerchantId } from '@core/contracts';
import { aMerchantId } from '@core/testing';
import type { Shop } from '@core/shopify-stand-in';
import type { Facts } from './expect-state.ts';
import type { Problem } from './problems.ts';
import type { InstallationStack } from './stack.ts';

/** An uninstall, with the requests that followed it. */
export interface Uninstall {
  of: number;
  /** By Shopify's clock. */
  atMs: number;
  /** The hours of the life that had passed. */
  atHours: number;
  /** When the service first answered the webhook, by Shopify's clock. */
  answeredMs?: number;
  /** The stand-in's count of requests to shops without the app, at the uninstall. */
  before: number;
  requests: number;
  /** When the last request arrived, by Shopify's clock. */
  lastMs?: number;
}

/** A shop whose life is lived. */
export interface Subject {
  merchantId: MerchantId;
  far: Shop;
  facts: Facts;
  /** Hours of the life that have passed: see passTime. */
  hours: number;
  uninstalls: Uninstall[];
  /** Runs that were started when Shopify had uninstalled the app. */
  deadRuns: Set<string>;
  /** Customers whose erasure was requested. */
  erased: Set<string>;
  /** Codes and session tokens that a browser has carried. */
  carried: Set<string>;
  counts: Map<string, number>;
  problems: Problem[];
}

export const count = ({ counts }: Pick<Subject, 'counts'>, what: string, by = 1): void =>
  void counts.set(what, (counts.get(what) ?? 0) + by);

export interface NewSubject {
  domain: string;
  customers: number;
  /** The range of the time that the shop takes to answer. */
  latencyMs?: [least: number, most: number];
}

const LATENCY_MS: [number, number] = [20, 150];

/** Creates a shop without the app, and its merchant, who has signed up with it. */
export function newSubject(
  stack: InstallationStack,
  { domain, customers, latencyMs = LATENCY_MS }: NewSubject,
): Subject {
  const merchantId = aMerchantId();
  stack.merchants.set(domain, merchantId);
  const far = stack.shopify.shop(domain);
  far.plan = 'plus';
  far.customers = customers;
  far.latencyMs = latencyMs;
  far.bulk.pace.rowsPerSecond = 50;
  return {
    merchantId,
    far,
    facts: {
      connected: 0,
      disconnected: false,
      uninstalled: new Set(),
      reported: new Set(),
      redacted: new Map(),
      close: new Set(),
      imported: false,
    },
    hours: 0,
    uninstalls: [],
    deadRuns: new Set(),
    erased: new Set(),
    carried: new Set(),
    counts: new Map(),
    problems: [],
  };
}
