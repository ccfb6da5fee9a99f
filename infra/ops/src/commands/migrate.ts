import { migrateDatabase } from '@core/db';
import { readEnv } from '@core/runtime';
import { migrateEnv } from '../config.ts';

/** Brings the database to this build's schema, as its owner, and gives the apps' roles their passwords. */
export async function migrate(folder: string): Promise<void> {
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
    folder,
    {
      core_api: env.CORE_DB_API_PASSWORD,
      core_worker: env.CORE_DB_WORKER_PASSWORD,
      core_importer: env.CORE_DB_IMPORTER_PASSWORD,
    },
  );
  console.log(`${env.CORE_DB_NAME} has this build's schema`);
}
