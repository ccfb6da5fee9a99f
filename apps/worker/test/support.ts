import { randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { inTransaction } from '@core/db';
import { createCustomer, type CommandContext } from '@core/domain';
import { connectKafka } from '@core/events';
import { startStack } from '@core/stack';
import { testServices } from '@core/testing';

export const connect = () => connectKafka({ brokers: [testServices().kafka.broker], clientId: 'spec' });

/** Opens a migrated database for one spec file: as the worker's role, and as the owner for checks. */
export async function openDatabase() {
  const stack = await startStack({ services: 'run', postgres: {} });
  const owner = stack.pool('core_owner', { max: 4 });
  const ctx: CommandContext = { caller: 'spec', requestId: randomUUID(), keys: stack.keys };
  return {
    stack,
    pool: stack.pool('core_worker', { max: 10 }),
    owner,
    ctx,
    newCustomer: async (merchantId: MerchantId, email: string): Promise<string> =>
      (await inTransaction(owner, (tx) => createCustomer(tx, ctx, { merchantId, email }))).customerId,
    customer: async (id: string) =>
      (await owner.query('select * from customers where id = $1', [id])).rows[0] as {
        version: number;
        email: string | null;
        erased_at: Date | null;
        rfm_score: Record<string, unknown> | null;
      },
    close: stack.stop,
  };
}
export type Database = Awaited<ReturnType<typeof openDatabase>>;
