export { ChangedSignature } from './apply-functions.ts';
export { migrateDatabase, type MigrateOptions } from './migrate-database.ts';
export { MigrationBlocked } from './migrator.ts';
export type { RolePasswords } from './prepare-roles.ts';
export { readFunctions, type DatabaseFunction } from './read-functions.ts';
export { readMigrations, type Migration } from './read-migrations.ts';
export { usedByBuild, type UsedByBuild } from './used-by-build.ts';
