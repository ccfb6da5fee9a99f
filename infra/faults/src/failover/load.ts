import { randomUUID } from 'node:crypto';
import { CoreService, Topic } from '@core/contracts';
import { pause } from '@core/runtime';
import { waitUntil } from '@core/testing';
import { MERCHANT } from '../events/writers.ts';
import type { FailoverStack } from './stack.ts';

export interface Load {
  /** A customer that existed before any fault; the load reads it and sends its scores. */
  readonly customerId: string;
  readonly reads: { answered: number; failed: string[] };
  /** Creations of the lanes. */
  readonly writes: { answered: number; failed: string[] };
  /** For each lane of writers, the start of its newest successful call and the customer that it created. */
  readonly lanes: { begun: number; customerId: string }[];
  /** The sequence of each score, and the time at which it was sent. */
  readonly scores: { sequence: number; sentAt: number }[];
  end(): Promise<void>;
}

/** More writers than a process has connections: this shows a pool in which every connection hangs. */
const LANES = 14;
const READERS = 4;

/** Reads one score, creates customers, and sends new scores of that one customer until the end. */
export async function startLoad({ rpc, kafka, untilFollowed }: FailoverStack): Promise<Load> {
  const stop = new AbortController();
  const create = async (timeoutMs = 10_000) =>
    (
      await rpc.unary(
        CoreService.method.createCustomer,
        { merchantId: MERCHANT, email: `${randomUUID()}@example.com` },
        { timeoutMs },
      )
    ).customerId;
  const customerId = await waitUntil(() => create(), { what: 'a first customer' });
  await untilFollowed();
  const reads = { answered: 0, failed: [] as string[] };
  const writes = { answered: 0, failed: [] as string[] };
  const lanes = Array.from({ length: LANES }, () => ({ begun: -Infinity, customerId: '' }));
  const scores: { sequence: number; sentAt: number }[] = [];

  const read = async () => {
    while (!stop.signal.aborted) {
      const call = rpc.unary(
        CoreService.method.getCustomerRFM,
        { merchantId: MERCHANT, customerId },
        { timeoutMs: 10_000 },
      );
      await call.then(
        () => reads.answered++,
        (error: unknown) => reads.failed.push(String(error)),
      );
      await pause(20, stop.signal);
    }
  };
  const write = async (lane: (typeof lanes)[number]) => {
    while (!stop.signal.aborted) {
      const begun = performance.now();
      // A fault refuses and delays calls: only a successful call updates the lane.
      await create().then(
        (made) => {
          writes.answered++;
          Object.assign(lane, { begun, customerId: made });
        },
        (error: unknown) => writes.failed.push(String(error)),
      );
      await pause(100, stop.signal);
    }
  };
  const producer = await kafka.producer();
  const score = async () => {
    for (let sequence = 1; !stop.signal.aborted; sequence++) {
      const asOf = new Date().toISOString();
      const part = (n: number) => 1 + (Math.floor(sequence / 5 ** n) % 5);
      const event = {
        event_id: randomUUID(),
        merchant_id: MERCHANT,
        customer_id: customerId,
        rfm_score: { recency: part(0), frequency: part(1), monetary: part(2), as_of: asOf, sequence },
        occurred_at: asOf,
      };
      scores.push({ sequence, sentAt: performance.now() });
      await producer.send([
        { topic: Topic.rfmUpdated, key: customerId, headers: {}, value: JSON.stringify(event) },
      ]);
      await pause(200, stop.signal);
    }
  };
  const running = Promise.all([...Array.from({ length: READERS }, read), ...lanes.map(write), score()]);
  running.catch(() => undefined); // reported by end()
  return {
    customerId,
    reads,
    writes,
    lanes,
    scores,
    end: async () => {
      stop.abort();
      await running;
    },
  };
}
