import { timestampDate } from '@bufbuild/protobuf/wkt';
import { filterOf, isEmpty, searchOf, startOf } from './audit-filter.ts';

it('reads the filter of an address, and writes it back', () => {
  const filter = filterOf({ actor: 4711, action: ' import.start ', customer: { a: 1 }, other: 'x' });
  expect(filter).toEqual({ actor: '4711', action: 'import.start', customer: '', from: '', to: '' });
  expect(searchOf(filter)).toEqual({ actor: '4711', action: 'import.start' });
  expect([isEmpty(filter), isEmpty(filterOf({}))]).toEqual([false, true]);
});

it('starts a day at midnight of the reader, and the one after it across the end of a month', () => {
  expect(timestampDate(startOf('2026-02-28')!)).toEqual(new Date(2026, 1, 28));
  expect(timestampDate(startOf('2026-02-28', 1)!)).toEqual(new Date(2026, 2, 1));
});

it.each(['', 'yesterday', '2026-2-3', '<b>'])('finds no day in %p', (day) =>
  expect(startOf(day)).toBeUndefined(),
);
