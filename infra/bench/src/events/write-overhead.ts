import { randomInt, randomUUID } from 'node:crypto';
import { inTransaction, readerOf, type Tx } from '@core/db';
import { updateCustomer, type CommandContext } from '@core/domain';
import { customerIdOf, merchantIdOf } from '@core/testing';
import { CUSTOMERS, MERCHANTS, type EventStack } from './open-stack.ts';

/** Concurrent transactions. */
const WRITERS = 8;

/**
 * Changes customers' metadata, the cheapest write, as fast as possible.
 * @returns the number of transactions
 */
export async function writeFor(
  { pool, keys }: EventStack,
  seconds: number,
  wrap: (tx: Tx) => Tx = (tx) => tx,
): Promise<number> {
  const ctx: CommandContext = { caller: 'bench', requestId: randomUUID(), keys };
  const until = performance.now() + 1_000 * seconds;
  let done = 0;
  const write = async () => {
    while (performance.now() < until) {
      const k = randomInt(CUSTOMERS);
      const input = {
        merchantId: merchantIdOf((k % MERCHANTS) + 1),
        customerId: customerIdOf(k),
        metadata: { visit: randomUUID() },
      };
      await inTransaction(pool, (tx) => updateCustomer(wrap(tx), ctx, input));
      done++;
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  return done;
}

/** Returns the same transaction without its event and its notification. */
export const withoutEvent = (tx: Tx): Tx => ({
  ...tx,
  ...readerOf(async (text, values, name) =>
    /^\s*insert into "outbox_events"/.test(text) ? [] : tx.query(text, values, name),
  ),
  notify: () => undefined,
});
