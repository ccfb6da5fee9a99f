import { randomUUID } from 'node:crypto';
import { inTransaction, isConnectionLoss } from '@core/db';
import { createCustomer, updateCustomer, type CommandContext } from '@core/domain';
import { pause } from '@core/runtime';
import type { LedgerCall } from '@core/testing';
import type { createRandom } from './random.ts';
import type { FaultStack } from './stack.ts';

export const MERCHANT = '0198c0de-0000-7000-8000-000000000001';

export interface Writers {
  calls: readonly LedgerCall[];
  /** Ends after the transactions in hand. */
  end(): Promise<void>;
}

const CREATE_ONE_IN = 5;
/** Between two writes of one writer: the machine is shared with the databases and the workers. */
const PAUSE_MS = 3;

/** Creates customers and changes those of all writers, side by side, with a ledger of every call. */
export function startWriters(
  { owner, keys }: Pick<FaultStack, 'owner' | 'keys'>,
  random: ReturnType<typeof createRandom>,
  writers = 6,
): Writers {
  const stop = new AbortController();
  const calls: LedgerCall[] = [];
  const known: string[] = [];
  const ctx = (): CommandContext => ({ caller: 'faults', requestId: randomUUID(), keys });
  const create = async () => {
    const email = `${randomUUID()}@example.com`;
    const { customerId } = await inTransaction(owner, (tx) =>
      createCustomer(tx, ctx(), { merchantId: MERCHANT, email }),
    );
    known.push(customerId);
    calls.push({ customerId, outcome: 'ok' });
  };
  const update = async (customerId: string) => {
    const metadata = { mark: randomUUID() };
    try {
      await inTransaction(owner, (tx) =>
        updateCustomer(tx, ctx(), { merchantId: MERCHANT, customerId, metadata }),
      );
      calls.push({ customerId, outcome: 'ok' });
    } catch (error) {
      calls.push({ customerId, outcome: isConnectionLoss(error) ? 'unknown' : 'failed' });
    }
  };
  const write = async () => {
    while (!stop.signal.aborted) {
      const customerId = known[random.below(known.length)];
      await (customerId === undefined || random.below(CREATE_ONE_IN) === 0 ? create() : update(customerId));
      await pause(PAUSE_MS, stop.signal);
    }
  };
  const running = Promise.all(Array.from({ length: writers }, write));
  running.catch(() => undefined); // told by end()
  return {
    calls,
    end: async () => {
      stop.abort();
      await running;
    },
  };
}
