import { findRenames, type Snapshot } from './renames.ts';

const snapshot = (tables: Record<string, string[]>): Snapshot => ({
  tables: Object.fromEntries(
    Object.entries(tables).map(([name, columns]) => [
      `public.${name}`,
      { name, columns: Object.fromEntries(columns.map((column) => [column, {}])) },
    ]),
  ),
});
const before = snapshot({ customers: ['id', 'source_updated_at'], outbox: ['id'] });

it('names a renamed column, and the command to run', () => {
  const [found, ...more] = findRenames(
    before,
    snapshot({ customers: ['id', 'source_changed_at'], outbox: ['id'] }),
  );
  expect(more).toEqual([]);
  expect(found).toMatch(
    /^customers\.source_updated_at was removed from libs\/db\/src\/schema and customers\.source_changed_at was added\./,
  );
  expect(found).toContain('npm run generate -- --migration <intent>');
});

it('names a renamed table', () => {
  const [found] = findRenames(before, snapshot({ people: ['id', 'source_updated_at'], outbox: ['id'] }));
  expect(found).toMatch(/^customers was removed .* and people was added\. A table cannot be renamed/);
});

it.each([
  ['nothing changed', { customers: ['id', 'source_updated_at'], outbox: ['id'] }],
  ['a column was added', { customers: ['id', 'source_updated_at', 'phone'], outbox: ['id'] }],
  ['a column was removed', { customers: ['id'], outbox: ['id'] }],
  ['a table was added', { customers: ['id', 'source_updated_at'], outbox: ['id'], more: ['id'] }],
  ['one table lost and another got a column', { customers: ['id'], outbox: ['id', 'shard'] }],
])('returns nothing when %s', (_, tables) => expect(findRenames(before, snapshot(tables))).toEqual([]));
