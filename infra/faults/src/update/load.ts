import { randomUUID } from 'node:crypto';
import { CoreService } from '@core/contracts';
import { pause } from '@core/runtime';
import type { createRandom } from '../random.ts';
import type { Fleet } from './fleet.ts';

export interface Load {
  readonly calls: number;
  /** Customers whose creation was answered. */
  readonly created: number;
  /** Messages of failed calls, with their counts. */
  readonly failures: ReadonlyMap<string, number>;
  /** Resolves after that many calls. */
  reached(calls: number): Promise<void>;
  /** Stops after the calls in flight. */
  stop(): Promise<void>;
}

const MERCHANT = '0198c0de-0000-7000-8000-000000000002';
const CALLERS = 6;
/** The pause between two calls of a caller, in ms: databases and starting processes share the machine. */
const PAUSE_MS = 2;

/** Starts callers that read and write in every way that uses the table of customers, and never retry. */
export function startLoad(
  fleet: Pick<Fleet, 'call'>,
  random: ReturnType<typeof createRandom>,
  concurrency = CALLERS,
): Load {
  const { method } = CoreService;
  const merchantId = MERCHANT;
  const known: string[] = [];
  const failures = new Map<string, number>();
  let calls = 0;
  let running = true;

  const create = () =>
    fleet.call(async (rpc) => {
      const email = `${randomUUID()}@example.com`;
      const { customerId } = await rpc.unary(method.createCustomer, { merchantId, email });
      known.push(customerId);
    });
  const onOne = (customerId: string): (() => Promise<unknown>)[] => [
    () =>
      fleet.call((rpc) =>
        rpc.unary(method.updateCustomer, { merchantId, customerId, metadata: { mark: randomUUID() } }),
      ),
    () => fleet.call((rpc) => rpc.unary(method.getCustomerRFM, { merchantId, customerId })),
    () => fleet.call((rpc) => rpc.unary(method.getCustomer, { merchantId, customerId })),
    () => fleet.call((rpc) => rpc.unary(method.listCustomers, { merchantId, pageSize: 20 })),
    () =>
      fleet.call((rpc) =>
        rpc.unary(method.listCustomers, { merchantId, pageSize: 20, filter: { segment: 'LOYAL' } }),
      ),
  ];
  const caller = async () => {
    while (running) {
      const customerId = random.below(100) < 15 ? undefined : known[random.below(known.length)];
      const kinds = customerId === undefined ? [create] : onOne(customerId);
      try {
        await kinds[random.below(kinds.length)]?.();
      } catch (error) {
        const { message } = error as Error;
        failures.set(message, (failures.get(message) ?? 0) + 1);
      }
      calls++;
      await pause(PAUSE_MS);
    }
  };
  const callers = Promise.all(Array.from({ length: concurrency }, caller));
  return {
    get calls() {
      return calls;
    },
    get created() {
      return known.length;
    },
    failures,
    async reached(count) {
      while (calls < count) await pause(20);
    },
    async stop() {
      running = false;
      await callers;
    },
  };
}
