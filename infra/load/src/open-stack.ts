import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { migrateDatabase } from '@core/db';
import {
  createIssuer,
  makeServicesDir,
  postgresDir,
  removeServicesDir,
  seedCustomers,
  startApi,
  startAuthStandIn,
  startPostgres,
  workspaceRoot,
} from '@core/testing';

export interface StackOptions {
  merchants: number;
  customersEach: number;
  say: (line: string) => void;
  signal: AbortSignal;
  /** Everything that is started is stopped with it, last in, first out. */
  stops: AsyncDisposableStack;
}

/**
 * PostgreSQL with a replica and seeded customers, the Auth stand-in and the api, at free ports.
 * @returns the api's gRPC target, and a token of a service that reads
 */
export async function openStack(options: StackOptions): Promise<{ target: string; token: string }> {
  const { merchants, customersEach, say, signal, stops } = options;
  const root = workspaceRoot();
  const dir = makeServicesDir();
  stops.defer(() => removeServicesDir(dir));

  say('starting PostgreSQL with a replica');
  const postgres = await startPostgres({ dir: postgresDir(dir), replicas: 1 });
  stops.defer(() => postgres.stop());
  signal.throwIfAborted();

  const customers = merchants * customersEach;
  say(`seeding ${customers} customers of ${merchants} merchants`);
  const { primary, replicas } = postgres;
  const password = randomBytes(12).toString('hex');
  await migrateDatabase(primary.url, join(root, 'libs/db/migrations'), { core_api: password });
  await seedCustomers(primary.url, { customers, merchants });
  signal.throwIfAborted();

  say('starting the api');
  const urlOf = ({ port }: { port: number }) => `postgresql://core_api:${password}@127.0.0.1:${port}/core_db`;
  const auth = await startAuthStandIn();
  stops.defer(() => auth.close());
  const issuer = createIssuer();
  const on = { database: urlOf(primary), replicas: replicas.map(urlOf), auth: auth.address };
  const api = await startApi(dir, on, issuer.env);
  stops.defer(() => api.child.stop());
  signal.throwIfAborted();
  return { target: api.target, token: issuer.token({ scope: 'rfm:read customers:read' }) };
}
