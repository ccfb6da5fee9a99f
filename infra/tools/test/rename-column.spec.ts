import { errorsWith, readSource } from './compile-domain.ts';

const CUSTOMERS = 'libs/db/src/schema/customers.ts';

it('the compiler reports each use of a renamed column', () => {
  const schema = readSource(CUSTOMERS);
  expect(errorsWith(CUSTOMERS, schema)).toEqual([]);

  const renamed = schema.replace(/^( +)sourceUpdatedAt: /m, '$1sourceChangedAt: ');
  expect(renamed).not.toBe(schema);
  const errors = errorsWith(CUSTOMERS, renamed);
  const files = [...new Set(errors.map((error) => error.split(':', 1)[0]))];
  expect(files).toEqual(expect.arrayContaining(['libs/domain/src/customers/upsert/write.ts']));
  expect(errors.filter((error) => error.includes('sourceUpdatedAt')).length).toBeGreaterThan(0);
}, 600_000);
