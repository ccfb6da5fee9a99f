import { mkdtempSync, chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImportService, type CustomerImport } from '@core/contracts';
import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { createMerchantKeyStore, decryptEmail, parseKeyring, passphrase } from '@core/crypto';
import { build, customers, readerOf, returning, statement, text } from '@core/db';
import { connectKafka, type ConsumedRecord, type KafkaClient } from '@core/events';
import { DEV_ACCESS_TOKEN } from '@core/shopify-stand-in';
import { aMerchantId, bearer, grpcClient, type GrpcClient } from '@core/testing';
import {
  localSecrets,
  queryDatabase,
  startLocalStack,
  type LocalOptions,
  type LocalStack,
} from '@core/local';

/** A running stack for one spec, with clients for it. */
export interface E2e {
  dir: string;
  stack: LocalStack;
  rpc: GrpcClient;
  kafka: KafkaClient;
}

export const newDir = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'core-e2e-'));
  chmodSync(dir, 0o711); // PostgreSQL's user must traverse it
  return dir;
};

export async function start(dir: string, options: Partial<LocalOptions> = {}): Promise<E2e> {
  const stack = await startLocalStack({
    dir,
    wellKnownPorts: false,
    durable: false,
    customers: 5_000,
    say: () => undefined,
    ...options,
  });
  return {
    dir,
    stack,
    rpc: grpcClient(stack.env.CORE_GRPC_ADDR, { metadata: bearer(stack.env.DEV_SERVICE_TOKEN) }),
    kafka: connectKafka({ brokers: [stack.env.KAFKA_BROKER], clientId: 'e2e' }),
  };
}

/** Stops the stack, and expects that no rule of Shopify was violated since the start. */
export async function stop({ stack, rpc, kafka }: E2e): Promise<void> {
  const violations: unknown = await (await fetch(`${stack.standInUrl}/_control/violations`)).json();
  rpc.close();
  await kafka.close();
  await stack.stop();
  expect(violations).toEqual([]);
}

export const remove = (dir: string) => rmSync(dir, { recursive: true, force: true });

export const newMerchant = () => randomUUID().replace(/^f{8}/, '00000000');
export const newShop = () => `shop-${randomUUID().slice(0, 8)}.myshopify.com`;

export const rows = async <R extends Record<string, unknown>>(
  url: string,
  text: string,
  values: unknown[] = [],
) => queryDatabase<R>(url, text, values);

/** Calls the api with Connect's JSON protocol over plain HTTP. */
export async function postJson(
  { stack }: E2e,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
) {
  const reply = await fetch(`${stack.env.CORE_HTTP_URL}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer(stack.env.DEV_SERVICE_TOKEN), ...headers },
    body: JSON.stringify(body),
  });
  return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
}

/** Publishes one JSON record without headers, because a foreign producer may not set any. */
export async function publish({ kafka }: E2e, topic: string, key: string, value: unknown): Promise<void> {
  const producer = await kafka.producer();
  await producer.send([
    { topic, key, headers: {}, value: typeof value === 'string' ? value : JSON.stringify(value) },
  ]);
}

/** Returns every record of a topic from its start to its current end. */
export async function readTopic({ kafka }: E2e, topic: string): Promise<ConsumedRecord[]> {
  const records: ConsumedRecord[] = [];
  for await (const record of kafka.read(topic)) records.push(record);
  return records;
}

export interface StandInCustomer {
  id: string;
  email: string | null;
}

/** Returns all customers of the stand-in's shop. */
export async function shopCustomers({ stack }: E2e, shop: string): Promise<StandInCustomer[]> {
  const all: StandInCustomer[] = [];
  for (;;) {
    const page = await fetch(
      `${stack.standInUrl}/_control/shops/${shop}/customers?offset=${all.length}&limit=1000`,
    );
    const customers = (await page.json()) as StandInCustomer[];
    all.push(...customers);
    if (customers.length === 0) return all;
  }
}

export async function controlShop(
  { stack }: E2e,
  shop: string,
  change: Record<string, unknown>,
): Promise<void> {
  const reply = await fetch(`${stack.standInUrl}/_control/shops/${shop}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(change),
  });
  if (!reply.ok) throw new Error(`the stand-in refused: ${reply.status} ${await reply.text()}`);
}

export async function startImport({ rpc }: E2e, merchantId: string, shop: string): Promise<string> {
  await rpc.unary(ImportService.method.connectShop, { merchantId, shop, accessToken: DEV_ACCESS_TOKEN });
  return (await rpc.unary(ImportService.method.startCustomerImport, { merchantId, shop })).importId;
}

export const getImport = async (
  { rpc }: E2e,
  merchantId: string,
  importId: string,
): Promise<CustomerImport> => {
  const { customerImport } = await rpc.unary(ImportService.method.getCustomerImport, {
    merchantId,
    importId,
  });
  if (!customerImport) throw new Error('no import in the reply');
  return customerImport;
};

/** Watches an import until it ends, and returns the last snapshot. */
export async function watchImport(
  { rpc }: E2e,
  merchantId: string,
  importId: string,
): Promise<CustomerImport> {
  let last: CustomerImport | undefined;
  for await (const reply of rpc.stream(ImportService.method.watchCustomerImport, { merchantId, importId })) {
    last = reply.customerImport;
  }
  if (!last) throw new Error('the watch ended without a snapshot');
  return last;
}

const OPEN_EMAILS = statement({
  params: { merchantId: customers.merchantId, passphrase: text },
  text: (p) =>
    returning(
      {
        id: customers.id,
        externalId: customers.externalId,
        plain: sql<string | null>`${decryptEmail({ email: customers.email, passphrase: p.passphrase })}`,
      },
      (row) =>
        build
          .select(row)
          .from(customers)
          .where(and(eq(customers.merchantId, p.merchantId), isNotNull(customers.externalId))),
    ),
});

/**
 * Returns the plain email of each external id, decrypted on the replica.
 * @throws Error when an email does not decrypt or belongs to another row
 */
export async function storedEmails(
  { dir, stack }: E2e,
  merchant: string,
): Promise<Map<string, string | null>> {
  const merchantId = aMerchantId(merchant);
  const url = stack.env.DEV_DB_REPLICA_URL;
  const store = createMerchantKeyStore(parseKeyring(localSecrets(dir).encryptionKeys));
  const reader = readerOf((text, values) => queryDatabase(url, text, values));
  const keys = await store.find(reader, merchantId);
  const stored = await reader.run(OPEN_EMAILS, { merchantId, passphrase: passphrase(keys!) });
  return new Map(
    stored.map(({ id, externalId, plain }) => {
      const owner = `${merchantId}|${id}|`;
      if (plain !== null && !plain.startsWith(owner))
        throw new Error(`the email of ${id} belongs to another row`);
      return [externalId!, plain === null ? null : plain.slice(owner.length)];
    }),
  );
}

/** Returns every log line of the stack's processes, without Kafka's data files, which also end in .log. */
export const logs = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && entry.name.endsWith('.log') && !entry.parentPath.includes('kafka/data'),
    )
    .flatMap(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8').split('\n'));
