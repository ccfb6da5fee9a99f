import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { migrateDatabase } from '@core/db';
import { dataHome, seedCustomers, startPostgres, workspaceRoot, type Postgres } from '@core/testing';
import { Client } from 'pg';
import type { SuiteOptions } from '../suite.ts';

export const MERCHANTS = 5_000;
export const CUSTOMERS = 1_000_000;
export const BIG_MERCHANT = 200_000;

export interface BenchDatabase {
  postgres: Postgres;
  /** Of role core_api. */
  password: string;
  bigMerchantId: string;
  /** Of role core_api, one a replica. */
  replicaUrls: string[];
  /** The servers' process ids: cluster heads. */
  pids: number[];
}

/** A primary and two replicas with a million customers of 5,000 merchants, and 200,000 of one more. */
export async function openDatabase(
  dir: string,
  { cleanUps, signal, say }: Pick<SuiteOptions, 'cleanUps' | 'signal' | 'say'>,
): Promise<BenchDatabase> {
  const data = join(dir, 'postgres');
  const postgres = await startPostgres({ dir: data, replicas: 2 });
  cleanUps.add(() =>
    [data, dataHome(data)].forEach((each) => rmSync(each, { recursive: true, force: true })),
  );
  cleanUps.add(() => postgres.stop());
  signal.throwIfAborted();
  const { primary, replicas } = postgres;
  await migrateDatabase(primary.url, join(workspaceRoot(), 'libs/db/migrations'));
  say(`seeding ${CUSTOMERS + BIG_MERCHANT} customers`);
  const { bigMerchantId = '' } = await seedCustomers(primary.url, {
    customers: CUSTOMERS,
    merchants: MERCHANTS,
    bigMerchant: BIG_MERCHANT,
  });
  const password = randomBytes(12).toString('hex');
  const owner = new Client(primary.url);
  await owner.connect();
  await owner.query(`alter role core_api login password '${password}'`);
  await owner.end();
  // Else what the seed left in the buffers is written in somebody's round.
  const admin = new Client(primary.adminUrl);
  await admin.connect();
  await admin.query('checkpoint');
  await admin.end();
  return {
    postgres,
    password,
    bigMerchantId,
    replicaUrls: replicas.map(({ port }) => `postgresql://core_api:${password}@127.0.0.1:${port}/core_db`),
    pids: [primary, ...replicas].map(({ child }) => child.pid),
  };
}
