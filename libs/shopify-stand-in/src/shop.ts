import { areFieldsApproved, type Approval } from './approval.ts';
import { createBulkOperations } from './bulk/operations.ts';
import { bulkFinished, createChanges, payloadFor } from './changes.ts';
import { createCursorSecrets } from './cursor.ts';
import { createChurn } from './faults/churn.ts';
import type { Churn } from './faults/churn.ts';
import { createFaults } from './faults/faults.ts';
import { createRetryAfterTracker } from './faults/retry-after-tracker.ts';
import { beginInstallation, createInstallation } from './installation.ts';
import { createLife } from './life.ts';
import { createMetafields } from './metafields/store.ts';
import { createMeter } from './meter.ts';
import { createTokens } from './oauth/tokens.ts';
import { createPopulation } from './population.ts';
import { createRestBucket, REST_PLANS } from './rest/bucket.ts';
import { renderCustomers } from './rest/rendered.ts';
import type { Rendered } from './rest/rendered.ts';
import { createRules } from './rules.ts';
import { COUNTS } from './shop-interface.ts';
import type { ServedShop, ShopOptions, ShopStats } from './shop-interface.ts';
import { createBucket, PLANS } from './throttle.ts';
import { createViolations } from './violations.ts';
import { shopIdOf } from './webhooks/payloads.ts';
import { createRoute } from './webhooks/route.ts';
import { createSender } from './webhooks/sender.ts';
import { createSubscriptions } from './webhooks/subscriptions.ts';

export type { Limits, ServedShop, Shop, ShopOptions, ShopStats } from './shop-interface.ts';

/** Accepted until a test sets another one. */
export const DEV_ACCESS_TOKEN = 'shpat_dev';

export function createShop(options: ShopOptions): ServedShop {
  const { domain, seed, customers, plan, latencyMs, now, app, codes } = options;
  let name = domain;
  let population = createPopulation(seed, domain, customers, now);
  let currentPlan = plan;
  let bucket = createBucket(PLANS[plan], now);
  let restBucket = createRestBucket(REST_PLANS[plan], now);
  let churn: Churn | undefined;
  let rendered: Rendered | undefined;
  const counts = { ...COUNTS };
  const violations = createViolations();
  const violated = violations.add;
  const meter = createMeter();
  const faults = createFaults();
  const cursors = createCursorSecrets(seed);
  const rules = createRules(options.lenient, violated);
  const installation = createInstallation(options.installed);
  const tokens = createTokens({
    initial: options.installed ? DEV_ACCESS_TOKEN : undefined,
    now,
    rules,
    installation: () => installation.number,
    isSecret: app.accepts,
  });
  const subscriptions = createSubscriptions(now);
  let approval: Approval = 'full';
  const isApproved = () => areFieldsApproved({ approval, rules });
  const route = createRoute({ app, installation, subscriptions, rules, approval: () => approval });
  const metafields = createMetafields((id) => population.find(id) !== undefined);
  const webhooks = createSender({ shop: domain, secret: app.signingSecret, now, route, rules });
  const life = createLife({
    ...{
      app,
      installation,
      now,
      tokens,
      codes,
      subscriptions,
      metafields,
      redactAfterMs: options.redactAfterMs,
    },
    ...{ shop: domain, domain: () => name, send: webhooks.send },
  });
  let afterUninstallMs: ShopStats['afterUninstallMs'] = null;
  const changes = createChanges(() => population, webhooks, isApproved);
  // Operation ids rise with the clock, so a restarted stand-in issues no id twice.
  const bulk = createBulkOperations(Math.floor(now() / 1000), now, (operation) =>
    bulkFinished(webhooks, operation),
  );
  const forget = async () => {
    const old = rendered;
    rendered = undefined;
    await old?.close();
  };

  return {
    get domain() {
      return name;
    },
    shopId: shopIdOf(domain),
    rename: (to) => void (name = to),
    secret: seed,
    now,
    latencyMs,
    bend: undefined,
    get approval() {
      return approval;
    },
    set approval(given) {
      approval = given;
    },
    consent: 'approve',
    development: false,
    timeZone: 'Europe/Berlin',
    retiredTokens: 'refused',
    ...life,
    app,
    rules,
    installation,
    codes,
    subscriptions,
    metafields,
    get scopes() {
      return installation.scopes;
    },
    set scopes(scopes) {
      installation.scopes = scopes;
    },
    get installed() {
      return installation.installed;
    },
    set installed(installed) {
      if (installed) life.install();
      else life.forget();
    },
    tokens,
    bulk,
    faults,
    cursors,
    webhooks,
    patience: { rest: createRetryAfterTracker(now), graphql: createRetryAfterTracker(now) },
    get accessToken() {
      return tokens.access();
    },
    set accessToken(token) {
      if (!installation.installed) beginInstallation(installation, installation.scopes);
      tokens.set(token);
    },
    get customers() {
      return population.count();
    },
    set customers(size) {
      population = createPopulation(seed, domain, size, now);
    },
    get plan() {
      return currentPlan;
    },
    set plan(next) {
      currentPlan = next;
      bucket = createBucket(PLANS[next], now);
      restBucket = createRestBucket(REST_PLANS[next], now);
    },
    get: (index) => population.get(index),
    all: () => population.all(),
    find: (id) => population.find(id),
    ...changes,
    limit({ graphql, rest }) {
      if (graphql) bucket.resize(graphql);
      if (rest) restBucket.resize(rest);
    },
    fault: (fault) => faults.add(fault),
    expireCursors: () => cursors.expire(),
    churn(options) {
      churn = createChurn(options, {
        ...changes,
        total: () => population.total(),
        idAt: (index) => population.get(index)?.id,
      });
    },
    sendWebhook(webhook) {
      const forged = webhook.forged === true;
      webhooks.send(webhook.topic, payloadFor(domain, population, webhook, isApproved()), { forged });
      if (webhook.topic === 'app/uninstalled' && !forged) tokens.revoke();
    },
    async render(fields) {
      await forget();
      rendered = await renderCustomers(population, fields);
    },
    stats: () => ({
      ...counts,
      worstSecond: meter.worst(),
      afterUninstallMs,
      churned: churn?.counts() ?? { edited: 0, removed: 0, merged: 0, added: 0 },
      violations: violations.list(),
    }),
    population: () => population,
    bucket: () => bucket,
    restBucket: () => restBucket,
    turned: () => churn?.tick(),
    arrived(atMs) {
      meter.add(atMs);
      const { installed, uninstalledMs } = installation;
      if (installed || uninstalledMs === undefined) return;
      counts.uninstalled += 1;
      const last = atMs - uninstalledMs;
      afterUninstallMs = { first: afterUninstallMs?.first ?? last, last };
    },
    rendered: async (indexes, fields) => rendered?.page(population, indexes, fields),
    count(what, by = 1) {
      counts[what] += by;
    },
    violated,
    async close() {
      life.close();
      metafields.clear();
      await Promise.all([webhooks.close(), bulk.close(), forget()]);
    },
  };
}
