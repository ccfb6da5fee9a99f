import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { EventProducer, KafkaClient } from '@core/events';
import { createLogger } from '@core/runtime';
import { startStack, type Stack } from '@core/stack';
import { seedCustomers } from '@core/testing';
import type { SuiteOptions } from '../suite.ts';

export const CUSTOMERS = 100_000;
export const MERCHANTS = 50;

export const log = createLogger('bench', 'silent');

export interface EventStack {
  stack: Stack;
  /** With the worker's role. */
  pool: Pool;
  /** With the owner's role, without timeouts. */
  owner: Pool;
  ownerUrl: string;
  keys: MerchantKeyStore;
  kafka: KafkaClient;
  producer: EventProducer;
  /** Process ids. */
  kafkaPid: number;
  databasePid: number;
}

/** Starts PostgreSQL with 100,000 customers of 50 merchants, and Kafka with the service's topics. */
export async function openStack(
  dir: string,
  { stops, signal, say }: Pick<SuiteOptions, 'stops' | 'signal' | 'say'>,
): Promise<EventStack> {
  const stack = stops.use(await startStack({ dir, postgres: {}, kafka: {}, say, signal }));
  const ownerUrl = stack.database.urlFor('core_owner');
  say(`seeding ${CUSTOMERS} customers`);
  await seedCustomers(ownerUrl, { customers: CUSTOMERS, merchants: MERCHANTS });
  const kafka = stack.connectKafka();
  return {
    stack,
    pool: stack.pool('core_worker', { max: 16 }),
    owner: stack.pool('core_owner', { max: 16 }),
    ownerUrl,
    keys: stack.keys,
    kafka,
    producer: await kafka.producer(),
    kafkaPid: stack.kafka.child.pid,
    databasePid: stack.postgres.primary.child.pid,
  };
}
