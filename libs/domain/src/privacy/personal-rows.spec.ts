// tag: compliance
import { getTableColumns } from 'drizzle-orm';
import { customers } from '@core/db';
import { READ_CUSTOMERS } from './personal-rows.ts';

/** Columns of a customer that an export does not show, each with its reason. */
const NOT_SHOWN = {
  merchant_id: 'the export names the merchant once',
  content_hash: 'a digest of columns that are shown',
  erased_at: 'erased customers are not exported',
};

it('shows each column of a customer, except those with a reason', () => {
  const shown = READ_CUSTOMERS.text.slice(0, READ_CUSTOMERS.text.indexOf(' from '));
  const left = Object.values(getTableColumns(customers)).filter(({ name }) => !shown.includes(`"${name}"`));
  expect(left.map(({ name }) => name).sort()).toEqual(Object.keys(NOT_SHOWN).sort());
});
