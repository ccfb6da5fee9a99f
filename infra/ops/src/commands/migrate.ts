import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { databaseEnv, migrateDatabase } from '@core/db';
import { optionalText, readEnv } from '@core/runtime';

const password = (role: string) =>
  optionalText({ doc: `gives the role ${role} a login with it`, secret: true });

export const migrateEnv = {
  ...databaseEnv,
  CORE_DB_API_PASSWORD: password('core_api'),
  CORE_DB_WORKER_PASSWORD: password('core_worker'),
  CORE_DB_IMPORTER_PASSWORD: password('core_importer'),
};

/** Brings the database to this build's schema, as its owner. */
export async function migrate(): Promise<void> {
  const env = readEnv(migrateEnv);
  await migrateDatabase(
    {
      host: env.CORE_DB_HOST,
      port: env.CORE_DB_PORT,
      database: env.CORE_DB_NAME,
      user: env.CORE_DB_USER,
      password: env.CORE_DB_PASSWORD,
      ssl: env.CORE_DB_TLS ? { rejectUnauthorized: true } : false,
    },
    migrationsFolder(),
    {
      core_api: env.CORE_DB_API_PASSWORD,
      core_worker: env.CORE_DB_WORKER_PASSWORD,
      core_importer: env.CORE_DB_IMPORTER_PASSWORD,
    },
  );
  console.log(`${env.CORE_DB_NAME} has this build's schema`);
}

/** Beside the bundle, or in the checkout. */
const migrationsFolder = (): string => {
  const beside = join(import.meta.dirname, 'migrations');
  return existsSync(beside) ? beside : join(import.meta.dirname, '../../../../libs/db/migrations');
};
