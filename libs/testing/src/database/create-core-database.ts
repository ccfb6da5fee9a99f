import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '../services/workspace.ts';
import { createTestDatabase, type TestDatabase } from './create-test-database.ts';

/**
 * A test database with the service's schema.
 * @param migrate migrateDatabase of @core/db, handed in because imports point down and that lib's own
 *   tests use this one
 */
export function createCoreDatabase(
  migrate: (url: string, folder: string) => Promise<void>,
): Promise<TestDatabase> {
  const folder = join(workspaceRoot(), 'libs/db/migrations');
  const template = readFileSync(join(folder, 'meta/_journal.json'), 'utf8');
  return createTestDatabase({ template, migrate: (url) => migrate(url, folder) });
}
