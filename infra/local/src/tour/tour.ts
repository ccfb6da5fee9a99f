import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { merchantIdFrom } from '@core/contracts';
import { connectKafka } from '@core/events';
import { bearer, grpcClient } from '@core/testing';
import type { LocalStack } from '../stack/stack.ts';
import { runStep, type Step } from './run-step.ts';
import type { TourContext } from './context.ts';
import { showEvents } from './events.ts';
import { exportPerson } from './export-person.ts';
import { installApp } from './install-app.ts';
import { importCustomers, type Imported } from './import-customers.ts';
import { redactPerson } from './redact-person.ts';
import { publishScores, readScores, type Scored } from './scores.ts';

/** Twelve times the duration of a step on two busy cores. */
const STEP_LIMIT_MS = 180_000;

/** Adds 20 ms for each customer: 50 a second is a tenth of the rate of one importer on two busy cores. */
const importLimitMs = (customers: number): number => STEP_LIMIT_MS + customers * 20;

/** Runs the main flows once on the running stack, and prints the real values of each step. */
export async function runTour(
  stack: LocalStack,
  { dir, customers, say }: { dir: string; customers: number; say: (line: string) => void },
): Promise<void> {
  const { env } = stack;
  const tour: TourContext = {
    stack,
    rpc: grpcClient(env.CORE_GRPC_ADDR, { metadata: bearer(env.DEV_TOKEN) }),
    kafka: connectKafka({ brokers: [env.KAFKA_BROKER], clientId: 'tour' }),
    merchantId: merchantIdFrom(env.DEV_MERCHANT_ID),
    shop: env.DEV_SHOP,
    runId: randomUUID().slice(0, 8),
    tell: (line) => say(`      ${line}`),
  };
  let scored: Scored[] = [];
  let imported: Imported;
  const step = (name: string, app: string, run: Step['run'], limitMs = STEP_LIMIT_MS): Step => ({
    name,
    run,
    limitMs,
    log: join(dir, `${app}.log`),
  });
  const steps = [
    step('install the app in the shop', 'api', () => installApp(tour)),
    step(
      'import the customers from Shopify',
      'importer',
      async () => (imported = await importCustomers(tour, importLimitMs(customers))),
      importLimitMs(customers),
    ),
    step(
      'publish rfm.updated through Kafka',
      'worker',
      async () => (scored = await publishScores(tour, imported)),
    ),
    step('read scores over gRPC from the replica', 'api', () => readScores(tour, scored)),
    step('export the data of one person', 'api', () => exportPerson(tour, scored)),
    step('erase one person through gdpr_request.created', 'worker', () => redactPerson(tour, imported)),
    step('show the published events', 'worker', () => showEvents(tour)),
  ];
  say(`tour ${tour.runId}`);
  try {
    for (const [n, each] of steps.entries()) {
      say(`  ${n + 1}/${steps.length} ${each.name}`);
      await runStep(each);
    }
  } finally {
    tour.rpc.close();
    await tour.kafka.close();
  }
}
