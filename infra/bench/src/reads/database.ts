import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { migrateDatabase } from '@core/db';
import { postgresDir, seedCustomers, startPostgres, workspaceRoot, type Postgres } from '@core/testing';
import { Client } from 'pg';
import type { SuiteOptions } from '../suite.ts';

export const MERCHANTS = 5_000;
export const CUSTOMERS = 1_000_000;
export const BIG_MERCHANT = 200_000;

export interface BenchDatabase {
  postgres: Postgres;
  bigMerchantId: string;
  /** Of role core_api: the primary's, and one a replica. */
  url: string;
  replicaUrls: string[];
  /** The same as the owner, for the peers: they know nothing of row-level security, and would read no rows. */
  peerReplicaUrls: string[];
  /** The servers' process ids: cluster heads. */
  pids: number[];
}

/** A primary and two replicas with a million customers of 5,000 merchants, and 200,000 of one more. */
export async function openDatabase(
  dir: string,
  { cleanUps, signal, say }: Pick<SuiteOptions, 'cleanUps' | 'signal' | 'say'>,
): Promise<BenchDatabase> {
  const postgres = await startPostgres({ dir: postgresDir(dir), replicas: 2 });
  cleanUps.add(() => postgres.stop());
  signal.throwIfAborted();
  const { primary, replicas } = postgres;
  const password = randomBytes(12).toString('hex');
  await migrateDatabase(primary.url, join(workspaceRoot(), 'libs/db/migrations'), { core_api: password });
  say(`seeding ${CUSTOMERS + BIG_MERCHANT} customers`);
  const { bigMerchantId = '' } = await seedCustomers(primary.url, {
    customers: CUSTOMERS,
    merchants: MERCHANTS,
    bigMerchant: BIG_MERCHANT,
  });
  // Else what the seed left in the buffers is written in somebody's round.
  const admin = new Client(primary.adminUrl);
  await admin.connect();
  await admin.query('checkpoint');
  await admin.end();
  const urlOf = ({ port }: { port: number }) => `postgresql://core_api:${password}@127.0.0.1:${port}/core_db`;
  return {
    postgres,
    bigMerchantId,
    url: urlOf(primary),
    replicaUrls: replicas.map(urlOf),
    peerReplicaUrls: replicas.map(({ url }) => url),
    pids: [primary, ...replicas].map(({ child }) => child.pid),
  };
}
