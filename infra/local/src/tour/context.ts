import { Client, type QueryResultRow } from 'pg';
import type { MerchantId } from '@core/contracts';
import { readerOf, type Reader } from '@core/db';
import type { KafkaClient } from '@core/events';
import type { GrpcClient } from '@core/testing';
import type { LocalStack } from '../stack/stack.ts';

/** Everything that the steps of the tour may use. */
export interface TourContext {
  readonly stack: LocalStack;
  readonly rpc: GrpcClient;
  readonly kafka: KafkaClient;
  readonly merchantId: MerchantId;
  readonly shop: string;
  /** The id of this tour. It is part of the names of its events and requests. */
  readonly runId: string;
  /** Prints one indented line of real values. */
  tell(line: string): void;
}

export async function queryDatabase<R extends QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
) {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** Returns a reader that opens a connection for each statement. */
export const databaseReader = (url: string): Reader =>
  readerOf((text, values) => queryDatabase(url, text, values));
