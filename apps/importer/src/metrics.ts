import { Counter, Gauge, type Registry } from '@core/runtime';

export interface ImporterMetrics {
  pages: Counter<'tier'>;
  customers: Counter<'outcome' | 'tier'>;
  throttled: Counter<'tier'>;
  missed: Counter;
  webhookChecks: Counter<'outcome'>;
  subscriptions: Counter<'change'>;
}

/** @param runs returns how many runs this process works on; called at each scrape */
export function createImporterMetrics(registry: Registry, runs: () => number): ImporterMetrics {
  const registers = [registry];
  new Gauge({
    name: 'core_import_runs_in_flight',
    help: 'Import runs this process works on',
    registers,
    collect() {
      this.set(runs());
    },
  });
  return {
    pages: new Counter({
      name: 'core_import_pages_total',
      help: "Pages committed, by the shop's plan",
      labelNames: ['tier'],
      registers,
    }),
    customers: new Counter({
      name: 'core_import_customers_total',
      help: 'Customers of committed pages',
      labelNames: ['outcome', 'tier'],
      registers,
    }),
    throttled: new Counter({
      name: 'core_import_throttled_total',
      help: 'Replies in which Shopify asked to wait',
      labelNames: ['tier'],
      registers,
    }),
    missed: new Counter({
      name: 'core_import_missed_total',
      help: 'Customers that a delta import created or updated, although a webhook should have brought the change',
      registers,
    }),
    webhookChecks: new Counter({
      name: 'core_webhook_checks_total',
      help: "Checks of a shop's subscriptions to webhooks: ok, refused (Shopify refused one), failed",
      labelNames: ['outcome'],
      registers,
    }),
    subscriptions: new Counter({
      name: 'core_webhook_subscriptions_total',
      help: 'Subscriptions to webhooks that a check created, moved to the current address, or removed',
      labelNames: ['change'],
      registers,
    }),
  };
}
