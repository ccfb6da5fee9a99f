import { startStack, type Stack } from '@core/stack';
import { seedCustomers, withClient, type PostgresNode } from '@core/testing';
import type { SuiteOptions } from '../suite.ts';

export const MERCHANTS = 5_000;
export const CUSTOMERS = 1_000_000;
export const BIG_MERCHANT = 200_000;

export interface BenchDatabase {
  stack: Stack;
  primary: PostgresNode;
  replicas: PostgresNode[];
  bigMerchantId: string;
  /**
   * The replicas for the peers, as owner. They do not support row-level security, and would read no rows as
   * core_api.
   */
  peerReplicaUrls: string[];
  /** The process ids of the servers' postmasters. */
  pids: number[];
}

/**
 * Starts Auth, a primary and two replicas, with a million customers of 5,000 merchants and 200,000 of one
 * more.
 */
export async function openDatabase(
  dir: string,
  { stops, signal, say }: Pick<SuiteOptions, 'stops' | 'signal' | 'say'>,
): Promise<BenchDatabase> {
  const stack = stops.use(await startStack({ dir, postgres: { replicas: 2 }, auth: {}, say, signal }));
  const { primary, replicas } = stack.postgres;
  say(`seeding ${CUSTOMERS + BIG_MERCHANT} customers`);
  const { bigMerchantId = '' } = await seedCustomers(primary.url, {
    customers: CUSTOMERS,
    merchants: MERCHANTS,
    bigMerchant: BIG_MERCHANT,
  });
  // Otherwise the dirty buffers of the seed would be written during the round of some contestant.
  await withClient(primary.adminUrl, (admin) => admin.query('checkpoint'));
  return {
    stack,
    primary,
    replicas,
    bigMerchantId,
    peerReplicaUrls: stack.database.replicaUrlsFor('core_owner'),
    pids: [primary, ...replicas].map(({ child }) => child.pid),
  };
}
