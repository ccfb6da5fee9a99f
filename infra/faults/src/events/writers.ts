import { randomUUID } from 'node:crypto';
import { CoreService, type CustomerId } from '@core/contracts';
import { inTransaction } from '@core/db';
import { createCustomer, updateCustomer } from '@core/domain';
import { pause } from '@core/runtime';
import type { LedgerCall } from '@core/testing';
import { aMerchantId } from '@core/testing';
import { outcomeOf } from './outcome.ts';
import type { createRandom } from '../random.ts';
import type { FaultStack } from './stack.ts';

export const MERCHANT = aMerchantId('0198c0de-0000-7000-8000-000000000001');

export interface Writers {
  calls: readonly LedgerCall[];
  /** Stops after the calls in flight. */
  end(): Promise<void>;
}

/**
 * Percent of the calls that create a customer, once some exist; percent of the updates that must be refused.
 */
const CREATES = 20;
const REFUSED = 4;
/** Percent of all calls that time out early, so that their outcome is unknown. */
const EARLY_TIMEOUTS = 3;
/** Pause between two calls of one writer: the machine is shared with the databases and the workers. */
const PAUSE_MS = 3;
/** A transaction becomes visible so late that a cursor would have passed its ids long before. */
const LATE_MS = 1_000;

/**
 * Creates and updates customers over gRPC, next to slow transactions, with a ledger of every call. Some calls
 * fail.
 */
export function startWriters(
  { rpc, owner, keys }: Pick<FaultStack, 'rpc' | 'owner' | 'keys'>,
  random: ReturnType<typeof createRandom>,
  writers = 6,
): Writers {
  const stop = new AbortController();
  const calls: LedgerCall[] = [];
  const known: string[] = [];
  /** The email of another customer, which an update must not be able to use. */
  let taken: string | undefined;

  const create = async (options: CallOptions) => {
    const email = `${randomUUID()}@example.com`;
    const { customerId } = await rpc.unary(
      CoreService.method.createCustomer,
      { merchantId: MERCHANT, email },
      options,
    );
    if (taken === undefined) taken = email;
    else known.push(customerId);
  };
  const update = async (customerId: string, options: CallOptions) => {
    const email = taken !== undefined && random.below(100) < REFUSED ? { email: taken } : {};
    await rpc.unary(
      CoreService.method.updateCustomer,
      { merchantId: MERCHANT, customerId, metadata: { mark: randomUUID() }, ...email },
      options,
    );
  };
  const write = async () => {
    while (!stop.signal.aborted) {
      const id = randomUUID();
      const options = {
        metadata: { 'x-request-id': id },
        timeoutMs: random.below(100) < EARLY_TIMEOUTS ? 1 + random.below(8) : 60_000,
      };
      const customerId = random.below(100) < CREATES ? undefined : known[random.below(known.length)];
      const call = customerId === undefined ? create(options) : update(customerId, options);
      calls.push({ id, outcome: await call.then(() => 'ok' as const, outcomeOf) });
      await pause(PAUSE_MS, stop.signal);
    }
  };
  // Many changes of one customer. If a relay skips a late one, the next one overtakes it, and the check
  // detects it.
  const writeLate = async () => {
    let customerId: CustomerId | undefined;
    while (!stop.signal.aborted) {
      const ctx = { caller: 'faults', requestId: randomUUID(), keys };
      const [id, late] = [customerId, random.below(2) === 0];
      await inTransaction(owner, async (tx) => {
        if (id === undefined) {
          const email = `${randomUUID()}@example.com`;
          ({ customerId } = await createCustomer(tx, ctx, { merchantId: MERCHANT, email }));
        } else {
          const metadata = { mark: randomUUID() };
          await updateCustomer(tx, ctx, { merchantId: MERCHANT, customerId: id, metadata });
        }
        if (late) await pause(random.below(LATE_MS), stop.signal);
      });
      calls.push({ id: ctx.requestId, outcome: 'ok' });
    }
  };
  const running = Promise.all([...Array.from({ length: writers }, write), writeLate()]);
  running.catch(() => undefined); // reported by end()
  return {
    calls,
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

interface CallOptions {
  metadata: Record<string, string>;
  timeoutMs: number;
}
