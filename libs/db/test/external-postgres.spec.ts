import { join } from 'node:path';
import { Client } from 'pg';
import {
  createCoreDatabase,
  makeServicesDir,
  openExternalPostgres,
  postgresDir,
  removeServicesDir,
  startPostgres,
  TEST_PREPARE,
  testServices,
  TEST_SERVICES,
  workspaceRoot,
  type Postgres,
} from '@core/testing';
import { migrateDatabase } from '../src/index.ts';

// A server that is operated elsewhere: it has a superuser, and nothing of ours.
let dir: string;
let server: Postgres;
let adminUrl: string;
beforeAll(async () => {
  dir = makeServicesDir();
  server = await startPostgres({ dir: postgresDir(dir) });
  ({ adminUrl } = server.primary);
  await ask(adminUrl, 'drop database core_db');
  await ask(adminUrl, 'drop owned by core_owner');
  await ask(adminUrl, 'drop role core_owner');
});
afterAll(async () => {
  await server?.stop();
  removeServicesDir(dir);
});

async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Runs `work` as after the set-up of a test run whose environment names this server and this command. */
async function onTheServer(prepare: string, work: () => Promise<void>): Promise<void> {
  const { [TEST_SERVICES]: services, [TEST_PREPARE]: preparation = '' } = process.env;
  const { addresses, close } = await openExternalPostgres({ adminUrl });
  process.env[TEST_SERVICES] = JSON.stringify({ ...testServices(), postgres: addresses });
  process.env[TEST_PREPARE] = prepare;
  try {
    await work();
  } finally {
    await close();
    process.env[TEST_SERVICES] = services;
    process.env[TEST_PREPARE] = preparation;
  }
}

const NOTE = `const client = new (require('pg').Client)(process.env.CORE_TEST_DATABASE);
  client.connect().then(() => client.query('create table spec_prepared as select current_user::text as who'))
    .then(() => client.end())`;

it('provides databases from a template that a command has prepared, and leaves nothing behind', async () => {
  await onTheServer(`'${process.execPath}' -e "${NOTE}"`, async () => {
    const [one, two] = await Promise.all([1, 2].map(() => createCoreDatabase(migrateDatabase)));
    for (const { url, replicaUrl, urlFor } of [one!, two!]) {
      expect(new URL(url).port).toBe(String(server.primary.port));
      expect(await ask(url, 'select who from spec_prepared')).toEqual([{ who: 'core_owner' }]);
      // No standby was named.
      expect(await ask(replicaUrl, 'select pg_is_in_recovery() as standby')).toEqual([{ standby: false }]);
      expect(await ask(urlFor('core_api'), 'select from customers')).toEqual([]);
    }
    await Promise.all([one!.drop(), two!.drop()]);
  });
  const left = await ask(
    adminUrl,
    'select datname as name from pg_database where not datistemplate order by 1',
  );
  expect(left).toEqual([{ name: 'core_db' }, { name: 'postgres' }]);
});

it('reports the output of a command that fails', () =>
  onTheServer('echo no such table to distribute; exit 3', () =>
    expect(createCoreDatabase(migrateDatabase)).rejects.toThrow(
      'CORE_TEST_POSTGRES_PREPARE failed (3): no such table to distribute',
    ),
  ));

it('refuses a server that already has a core service', async () => {
  const { addresses } = await openExternalPostgres({ adminUrl });
  await migrateDatabase(addresses.url, join(workspaceRoot(), 'libs/db/migrations'));
  await expect(openExternalPostgres({ adminUrl })).rejects.toThrow('Use a server without a core service');
});
