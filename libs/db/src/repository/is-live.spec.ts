import { alias } from 'drizzle-orm/pg-core';
import { customers } from '../schema/index.ts';
import { build, ONE, statement } from '../statement/index.ts';
import { isLive } from './is-live.ts';

it('uses the columns of an alias', () => {
  const c = alias(customers, 'c');
  const live = statement({ row: ONE, text: (_, row) => build.select(row).from(c).where(isLive(c)) });
  expect(live.text).toContain('where ("c"."deleted_at" is null and "c"."erased_at" is null)');
});
