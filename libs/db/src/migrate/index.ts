export { MigrationBlocked } from './apply-migration.ts';
export { migrateDatabase, type MigrateOptions } from './migrate-database.ts';
export type { RolePasswords } from './prepare-roles.ts';
export { readMigrations, type Migration } from './read-migrations.ts';
