import { migrateDatabase } from '@core/db';
import { readEnv } from '@core/runtime';
import { defineCommand, type Command } from '../cli/command.ts';
import { integerOr } from '../cli/option.ts';
import { migrateEnv } from '../config.ts';

/**
 * @param folder libs/db/migrations, or its copy next to the bundle; the folder of the functions is next to it
 */
export const migrate = (folder: string): Command =>
  defineCommand({
    name: 'migrate',
    does: "bring the database to this build's schema (as its owner)",
    details: `
Also applies the functions whose files have changed, and sets the passwords and limits of the apps' roles.
Migrations only run forward. The command is safe to run again, from two places at once, and while the apps
run. It names the session that blocks a waiting migration.`,
    options: {
      wait: integerOr(600, 'maximum seconds that a migration waits for locks of other sessions', {
        min: 1,
        max: 86_400,
      }),
    },
    env: migrateEnv,
    run: async (call) => {
      const env = readEnv(migrateEnv, call.env);
      await migrateDatabase(
        {
          ...(env.CORE_DB_DIRECT ?? { host: env.CORE_DB_HOST, port: env.CORE_DB_PORT }),
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
          core_sealer: env.CORE_DB_SEALER_PASSWORD,
        },
        { say: (line) => call.terminal.note(line), limitMs: call.values.wait * 1_000 },
      );
      return {
        json: { database: env.CORE_DB_NAME },
        lines: [`${env.CORE_DB_NAME} has this build's schema`],
      };
    },
  });
