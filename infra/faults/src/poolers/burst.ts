import { randomUUID } from 'node:crypto';
import { Consistency, CoreService, ImportService } from '@core/contracts';
import type { FailoverStack } from '../failover/stack.ts';
import { MERCHANT } from '../events/writers.ts';

const core = CoreService.method;
/**
 * More than the connections of the api (10) and of a pooler for the api (20). Not many times more: on a
 * machine that is ten times slower, the last call in the queue would wait longer than the limit for a
 * connection (5 s).
 */
const WIDTH = 24;

/**
 * Makes calls of every kind at once, more than there are server connections behind a pooler: statements that
 * stay prepared, transactions of one and of many round trips, and reads that set their merchant.
 * @returns the errors
 */
export async function burst({ rpc, untilFollowed }: FailoverStack, calls: number): Promise<string[]> {
  const of = { merchantId: MERCHANT };
  const email = () => `${randomUUID()}@example.com`;
  const { customerId } = await rpc.unary(core.createCustomer, { ...of, email: 'burst@example.com' });
  await untilFollowed();
  const kinds: (() => Promise<unknown>)[] = [
    () => rpc.unary(core.createCustomer, { ...of, email: email(), metadata: { a: 1 } }),
    () => rpc.unary(core.updateCustomer, { ...of, customerId, metadata: { at: String(Math.random()) } }),
    () => rpc.unary(core.getCustomer, { ...of, customerId }),
    () => rpc.unary(core.getCustomer, { ...of, customerId, consistency: Consistency.STRONG }),
    () => rpc.unary(core.getCustomerRFM, { ...of, customerId }),
    () => rpc.unary(core.getCustomerRFM, { ...of, customerId, consistency: Consistency.STRONG }),
    () => rpc.unary(core.batchGetCustomerRFM, { ...of, customerIds: [customerId, randomUUID()] }),
    () => rpc.unary(core.findCustomerByEmail, { ...of, email: 'burst@example.com' }),
    () => rpc.unary(core.listCustomers, { ...of, pageSize: 20 }),
    () => rpc.unary(core.getRfmDistribution, of),
    () => rpc.unary(core.getProgramSettings, of),
    () => rpc.unary(ImportService.method.listCustomerImports, of),
  ];
  const failed: string[] = [];
  let made = 0;
  const lane = async () => {
    for (let n = made++; n < calls; n = made++) {
      await kinds[n % kinds.length]?.().catch((error: unknown) =>
        failed.push(`${n % kinds.length}: ${String(error)}`),
      );
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, lane));
  return failed;
}
