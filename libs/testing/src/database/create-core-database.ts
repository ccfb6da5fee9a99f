import { readdirSync, readFileSync } from 'node:fs';
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
  const db = join(workspaceRoot(), 'libs/db');
  const template = ['migrations', 'functions'].map((folder) => textsOf(join(db, folder))).join('\n');
  return createTestDatabase({ template, migrate: (url) => migrate(url, join(db, 'migrations')) });
}

const textsOf = (folder: string): string =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
