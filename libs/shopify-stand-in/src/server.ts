import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { createAnswer } from './answer.ts';
import { createApp } from './app.ts';
import type { AppConfig } from './app.ts';
import { control } from './control.ts';
import { createCodes } from './oauth/codes.ts';
import { movedTo, NOT_FOUND } from './reply.ts';
import type { Reply } from './reply.ts';
import { replyTo, shopOfPath } from './routes.ts';
import type { RuleName } from './rules.ts';
import { send } from './send.ts';
import { createShop } from './shop.ts';
import type { ServedShop, Shop, ShopStats } from './shop.ts';
import type { Plan } from './throttle.ts';
import { createViolations } from './violations.ts';
import type { Violation } from './violations.ts';

export interface ShopifyStandInOptions {
  /** 0, the default, chooses a free port. */
  port?: number;
  host?: string;
  /** The same seed gives the same customers and accepts the same cursors, even after a restart. */
  seed?: string;
  /** The number of customers of a shop until a test sets another one. */
  customers?: number;
  plan?: Plan;
  latencyMs?: [min: number, max: number];
  /** Milliseconds since 1970. Also the clock of the header `Date` and of X-Shopify-Triggered-At. */
  now?: () => number;
  /** The app that all shops can install. */
  app?: Partial<AppConfig>;
  /** Whether a shop has the app from the start, with DEV_ACCESS_TOKEN. True by default. */
  installed?: boolean;
  /** The time from an uninstall to shop/redact: 48 hours by default. */
  redactAfterMs?: number;
  /** Rules that are not enforced. Only for the spec that shows that each rule matters. */
  lenient?: ReadonlySet<RuleName>;
}

export interface ShopifyStandIn {
  /** The value for SHOPIFY_BASE_URL. The client replaces {shop}. */
  url: string;
  port: number;
  /** The configuration of the app. */
  readonly app: AppConfig;
  /** Replaces the given values of the app's configuration, for all shops. */
  configure(change: Partial<AppConfig>): AppConfig;
  /** Throws for a name that is not a *.myshopify.com domain. */
  shop(domain: string): Shop;
  /** Renames a shop. Requests to the former domain are then redirected to the new one, as Shopify does. */
  rename(domain: string, to: string): void;
  /** `violations` contains only violations by requests that named no shop. The shops' own are in `shops`. */
  stats(): { shops: Record<string, ShopStats>; violations: Violation[] };
  close(): Promise<void>;
}

const REDACT_AFTER_MS = 48 * 3_600_000;
const SHOP_DOMAIN = /^[a-z0-9][a-z0-9-]*\.myshopify\.com$/;

/** Simulates Shopify's Admin API for any shop. The first path segment names the shop. */
export async function startShopifyStandIn(options: ShopifyStandInOptions = {}): Promise<ShopifyStandIn> {
  const { port = 0, host = '127.0.0.1', seed = 'dev', customers = 5_000, plan = 'standard' } = options;
  const { latencyMs = [0, 0], now = Date.now, installed = true, lenient = new Set() } = options;
  const { redactAfterMs = REDACT_AFTER_MS } = options;
  const app = createApp(options.app);
  const codes = createCodes(now);
  const shops = new Map<string, ServedShop>();
  /** New domains by former ones. */
  const renamed = new Map<string, string>();
  const strays = createViolations();
  const answer = createAnswer();
  const shopOf = (domain: string): ServedShop | undefined => {
    if (!SHOP_DOMAIN.test(domain)) return undefined;
    const known = shops.get(domain);
    if (known) return known;
    const shop = createShop({
      ...{ domain, seed, customers, plan, latencyMs, now },
      ...{ app, codes, installed, redactAfterMs, lenient },
    });
    shops.set(domain, shop);
    return shop;
  };

  const reply = (response: ServerResponse, outcome: Reply): Promise<void> => {
    response.setHeader('date', new Date(now()).toUTCString());
    return send(response, outcome);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(async (error: unknown) => {
      if (response.headersSent) response.destroy();
      else await reply(response, { status: 500, body: { errors: `The stand-in failed: ${String(error)}` } });
    });
  });
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const arrivedMs = now();
    const url = new URL(request.url ?? '/', 'http://stand-in');
    const body = await text(request);
    if (url.pathname === '/_control/violations')
      return reply(response, { status: 200, body: allViolations() });
    if (url.pathname.startsWith('/_control/')) {
      const found = await control(request.method ?? 'GET', url, body, { app, shopOf });
      return reply(response, found === undefined ? NOT_FOUND : { status: 200, body: found });
    }
    const asked = shopOfPath(url.pathname) ?? '';
    const to = renamed.get(asked);
    if (to !== undefined)
      return reply(response, movedTo(to, url.pathname.slice(asked.length + 1) + url.search));
    const shop = shopOf(asked);
    if (!shop) {
      strays.add('address', 'the path is not an Admin API path below /{shop}.myshopify.com');
      return reply(response, NOT_FOUND);
    }
    const [min, max] = shop.latencyMs;
    if (max > 0) await wait(min + Math.random() * (max - min));
    const outcome = await replyTo(shop, { request, url, body, arrivedMs }, answer);
    if (outcome === 'drop') request.socket.destroy();
    else if (outcome !== 'hang') await reply(response, outcome);
  };

  const statsOf = () => Object.fromEntries([...shops].map(([domain, shop]) => [domain, shop.stats()]));
  const allViolations = () => [
    ...strays.list(),
    ...Object.values(statsOf()).flatMap(({ violations }) => violations),
  ];

  server.listen(port, host);
  await once(server, 'listening');
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${bound}/{shop}`,
    port: bound,
    get app() {
      return app.config();
    },
    configure: (change) => app.configure(change),
    shop(domain) {
      const shop = shopOf(domain);
      if (!shop) throw new Error(`${domain} must be a *.myshopify.com domain`);
      return shop;
    },
    rename(domain, to) {
      const shop = shopOf(domain);
      if (!shop || !SHOP_DOMAIN.test(to)) throw new Error('both names must be *.myshopify.com domains');
      shops.delete(domain);
      shops.set(to, shop);
      renamed.set(domain, to);
      shop.rename(to);
    },
    stats: () => ({ shops: statsOf(), violations: strays.list() }),
    async close() {
      server.close();
      server.closeAllConnections();
      await Promise.all([once(server, 'close'), ...[...shops.values()].map((shop) => shop.close())]);
    },
  };
}
