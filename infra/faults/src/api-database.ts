import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { migrateDatabase } from '@core/db';
import { postgresDir, startAuthStandIn, startPostgres, workspaceRoot } from '@core/testing';

/**
 * A migrated database without replicas and an Auth, for the apis of a suite.
 * @param closing gets what ends them
 */
export async function openApiDatabase(dir: string, closing: (() => Promise<unknown> | unknown)[]) {
  const { primary, stop } = await startPostgres({ dir: postgresDir(dir), replicas: 0 });
  closing.push(stop);
  const password = randomBytes(12).toString('hex');
  await migrateDatabase(primary.url, join(workspaceRoot(), 'libs/db/migrations'), { core_api: password });
  const auth = await startAuthStandIn();
  closing.push(() => auth.close());
  const database = `postgresql://core_api:${password}@127.0.0.1:${primary.port}/core_db`;
  return {
    /** The URL of the database's owner. */
    ownerUrl: primary.url,
    /** For an api's environment. */
    on: { database, replicas: [], auth: auth.address },
  };
}
