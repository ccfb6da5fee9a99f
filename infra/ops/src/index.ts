export { migrateEnv } from './commands/migrate.ts';
