import { randomUUID } from 'node:crypto';
import { ImportService } from '@core/contracts';
import { connectKafka } from '@core/events';
import { bearer, DEV_ACCESS_TOKEN, grpcClient } from '@core/testing';
import type { Stack } from '../stack/stack.ts';
import type { TourContext } from './context.ts';
import { showEvents } from './events.ts';
import { exportPerson } from './export-person.ts';
import { importCustomers } from './import-customers.ts';
import { redactPerson } from './redact-person.ts';
import { publishScores, readScores, type Scored } from './scores.ts';

/** A step of the tour failed; `step` names it. */
export class TourFailed extends Error {
  override name = 'TourFailed';
  constructor(step: string, cause: unknown) {
    super(`step "${step}" failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Runs the main job once on the running stack and prints the real values of each step. */
export async function runTour(stack: Stack, say: (line: string) => void): Promise<void> {
  const { env } = stack;
  const tour: TourContext = {
    stack,
    rpc: grpcClient(env.CORE_GRPC_ADDR, { metadata: bearer(env.DEV_TOKEN) }),
    kafka: connectKafka({ brokers: [env.KAFKA_BROKER], clientId: 'tour' }),
    merchantId: env.DEV_MERCHANT_ID,
    shop: env.DEV_SHOP,
    runId: randomUUID().slice(0, 8),
    tell: (line) => say(`      ${line}`),
  };
  let scored: Scored[] = [];
  const steps: [string, () => Promise<unknown>][] = [
    ['connect the shop', () => connectShop(tour)],
    ['import its customers from Shopify', () => importCustomers(tour)],
    ['publish rfm.updated through Kafka', async () => (scored = await publishScores(tour))],
    ['read scores by gRPC from the replica', () => readScores(tour, scored)],
    ['export what is held on one person', () => exportPerson(tour, scored)],
    ['redact one person by gdpr_request.created', () => redactPerson(tour)],
    ['see what was emitted', () => showEvents(tour)],
  ];
  say(`tour ${tour.runId}`);
  try {
    for (const [n, [step, run]] of steps.entries()) {
      say(`  ${n + 1}/${steps.length} ${step}`);
      await run().catch((error: unknown) => {
        throw new TourFailed(step, error);
      });
    }
  } finally {
    tour.rpc.close();
    await tour.kafka.close();
  }
}

async function connectShop({ rpc, merchantId, shop, tell }: TourContext): Promise<void> {
  // The stand-in's published development token; a real shop's comes from its OAuth install.
  await rpc.unary(ImportService.method.connectShop, { merchantId, shop, accessToken: DEV_ACCESS_TOKEN });
  tell(`merchant ${merchantId}, shop ${shop}`);
}
