import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { waitUntil } from '@core/testing';
import { DEV_CLIENT_ID, DEV_CLIENT_SECRET, startShopifyStandIn } from '../../src/index.ts';
import type { AppConfig, RuleName, SessionTokenOverrides, WebhookTopic } from '../../src/index.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- the shapes are what is under test */

export const SHOP = 'dev-shop.myshopify.com';
export const OTHER_SHOP = 'other-shop.myshopify.com';
export const CALLBACK = 'https://app.example.com/shopify/callback';
export const HOUR_MS = 3_600_000;
export const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
export const OFFLINE = 'urn:shopify:params:oauth:token-type:offline-access-token';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

export interface ReceivedWebhook {
  headers: IncomingHttpHeaders;
  topic: WebhookTopic;
  raw: string;
  body: any;
}
type Fields = Record<string, string | undefined>;

/** Opens a stand-in whose shops do not have the app, a public one, and a receiver of its webhooks. */
export async function openRuleWorld(
  lenient: ReadonlySet<RuleName> = new Set(),
  app: Partial<AppConfig> = {},
) {
  const clock = { ms: Date.UTC(2026, 9, 1) };
  const received: ReceivedWebhook[] = [];
  /** The receiver's status, given whether the signature is genuine. */
  const receiver = { answer: (isGenuine: boolean): number => (isGenuine ? 200 : 401) };
  const server = createServer((request, response) => {
    void text(request).then((raw) => {
      const { headers } = request;
      received.push({
        headers,
        raw,
        topic: headers['x-shopify-topic'] as WebhookTopic,
        body: JSON.parse(raw),
      });
      const digest = createHmac('sha256', standIn.app.secrets[0]!).update(raw).digest('base64');
      response.writeHead(receiver.answer(digest === headers['x-shopify-hmac-sha256'])).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const webhookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`;

  const standIn = await startShopifyStandIn({
    customers: 20,
    now: () => clock.ms,
    installed: false,
    lenient,
    app: {
      redirectUrls: [CALLBACK],
      scopes: ['read_customers', 'read_customer_merge'],
      distribution: 'public',
      ...app,
    },
  });
  const shop = standIn.shop(SHOP);
  const at = (domain: string, path: string) => standIn.url.replace('{shop}', domain) + path;
  const answered = async (response: Response) => {
    const raw = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(raw) : raw };
  };

  const world = {
    clock,
    standIn,
    shop,
    received,
    receiver,
    webhookUrl,
    rules: () => shop.stats().violations.map(({ rule }) => rule),
    /** Opens the authorization like a merchant's browser. An undefined parameter is left out. */
    async authorize(changed: Fields = {}, domain = SHOP) {
      const parameters: Fields = {
        client_id: DEV_CLIENT_ID,
        scope: 'read_customers,read_customer_merge',
        redirect_uri: CALLBACK,
        state: 'nonce',
        ...changed,
      };
      const url = at(domain, `/admin/oauth/authorize?${form(parameters).toString()}`);
      const { status, headers, body } = await answered(await fetch(url, { redirect: 'manual' }));
      const location = headers.get('location');
      return { status, body, location: location === null ? undefined : new URL(location) };
    },
    /** Returns the code of an approved authorization. */
    async code(domain = SHOP): Promise<string> {
      const { location } = await world.authorize({}, domain);
      return location!.searchParams.get('code')!;
    },
    /** Calls the token endpoint with the app's credentials. */
    async token(fields: Fields) {
      const body = form({ client_id: DEV_CLIENT_ID, client_secret: DEV_CLIENT_SECRET, ...fields });
      return answered(await fetch(at(SHOP, '/admin/oauth/access_token'), { method: 'POST', body }));
    },
    exchange(subject: SessionTokenOverrides | string = {}, fields: Fields = {}) {
      return world.token({
        grant_type: EXCHANGE,
        subject_token: typeof subject === 'string' ? subject : shop.sessionToken(subject),
        subject_token_type: ID_TOKEN,
        requested_token_type: OFFLINE,
        expiring: '1',
        ...fields,
      });
    },
    /** Installs the app and exchanges a session token. */
    async installed(fields: Fields = {}): Promise<{ access_token: string; refresh_token: string }> {
      shop.install();
      return (await world.exchange({}, fields)).body;
    },
    refresh: (refreshToken: string, fields: Fields = {}) =>
      world.token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...fields }),
    async graphql(accessToken: string, query: string, variables: object = {}) {
      const headers = { 'content-type': 'application/json', 'x-shopify-access-token': accessToken };
      const body = JSON.stringify({ query, variables });
      return answered(
        await fetch(at(SHOP, '/admin/api/2026-10/graphql.json'), { method: 'POST', headers, body }),
      );
    },
    async rest(accessToken: string, path: string) {
      const headers = { 'x-shopify-access-token': accessToken };
      return answered(await fetch(at(SHOP, `/admin/api/2026-10/${path}`), { headers }));
    },
    /** Returns whether the Admin API accepts the token. */
    async works(accessToken: string): Promise<boolean> {
      return (await world.graphql(accessToken, '{ shop { id } }')).status === 200;
    },
    /** Configures subscriptions of the app to these topics. */
    subscribe(...topics: WebhookTopic[]) {
      standIn.configure({ webhooks: { url: webhookUrl, topics, retryScale: 1e-6 } });
    },
    /** Waits until nothing is being sent, and returns the topics received. */
    async settled(): Promise<WebhookTopic[]> {
      const all = () => shop.webhooks.deliveries();
      await waitUntil(() => all().every(({ state }) => state !== 'waiting'), {
        what: 'deliveries',
        everyMs: 5,
      });
      return received.map(({ topic }) => topic);
    },
    async control(path: string, body?: object) {
      const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      return answered(await fetch(`http://127.0.0.1:${standIn.port}/_control/${path}`, init));
    },
    async close() {
      await standIn.close();
      server.closeAllConnections();
      server.close();
    },
  };
  return world;
}
export type RuleWorld = Awaited<ReturnType<typeof openRuleWorld>>;

const form = (fields: Fields): URLSearchParams =>
  new URLSearchParams(
    Object.entries(fields).flatMap(([k, v]): [string, string][] => (v === undefined ? [] : [[k, v]])),
  );

/** A request that keeps a rule, and one that breaks it and no other. */
export interface RuleCase {
  rule: RuleName;
  /** Each returns whether the stand-in accepted the request. */
  good(world: RuleWorld): Promise<boolean>;
  mutant(world: RuleWorld): Promise<boolean>;
}
