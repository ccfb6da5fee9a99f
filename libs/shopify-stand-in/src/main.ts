// Runs the Shopify stand-in as a process. SHOPIFY_STANDIN_PORT, _HOST, _CUSTOMERS, _PLAN and _APP (JSON)
// configure it. It prints one line of JSON when it listens, and stops on SIGTERM or SIGINT.
import type { AppConfig } from './app.ts';
import { startShopifyStandIn } from './server.ts';
import { PLANS } from './throttle.ts';
import type { Plan } from './throttle.ts';

const {
  SHOPIFY_STANDIN_PORT: port = '0',
  SHOPIFY_STANDIN_HOST: host = '127.0.0.1',
  SHOPIFY_STANDIN_CUSTOMERS: customers = '5000',
  SHOPIFY_STANDIN_PLAN: plan = 'standard',
  SHOPIFY_STANDIN_APP: app = '{}',
} = process.env;
if (!Object.hasOwn(PLANS, plan))
  throw new Error(`SHOPIFY_STANDIN_PLAN must be one of ${Object.keys(PLANS).join(', ')}`);

const standIn = await startShopifyStandIn({
  port: Number(port),
  host,
  customers: Number(customers),
  plan: plan as Plan,
  app: JSON.parse(app) as Partial<AppConfig>,
});
// Registered before the line is printed: its reader may stop this process immediately.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void standIn.close());
process.stdout.write(`${JSON.stringify({ listening: standIn.port })}\n`);
