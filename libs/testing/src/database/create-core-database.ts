import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '../services/workspace.ts';
import { createTestDatabase, type TestDatabase } from './create-test-database.ts';
import { testLayout, type Layout } from './layout.ts';
import { PARTITIONED_SETTINGS, partitionTables } from './partition-tables.ts';
import { prepareCommand, prepareTemplate } from './prepare-template.ts';

/**
 * Creates a test database with the service's schema.
 * @param migrate migrateDatabase of @core/db. It is passed in, because this library may not import @core/db,
 *   whose tests import this library.
 * @param layout of the tables; by default the layout of this test run
 */
export function createCoreDatabase(
  migrate: (url: string, folder: string) => Promise<void>,
  layout: Layout = testLayout(),
): Promise<TestDatabase> {
  const db = join(workspaceRoot(), 'libs/db');
  const schema = ['migrations', 'functions'].map((folder) => textsOf(join(db, folder)));
  return createTestDatabase({
    template: [layout, prepareCommand(), ...schema].join('\n'),
    async migrate(url) {
      await migrate(url, join(db, 'migrations'));
      if (layout === 'partitioned') await partitionTables(url);
      await prepareTemplate(url);
    },
    settings: layout === 'partitioned' ? PARTITIONED_SETTINGS : {},
  });
}

const textsOf = (folder: string): string =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
