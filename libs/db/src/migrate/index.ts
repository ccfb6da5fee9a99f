export { migrateDatabase, type MigrateOptions } from './migrate-database.ts';
export { MigrationBlocked } from './migrator.ts';
export type { RolePasswords } from './prepare-roles.ts';
export { readMigrations, type Migration } from './read-migrations.ts';
