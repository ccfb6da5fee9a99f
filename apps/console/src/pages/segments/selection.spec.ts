import { filterOf, readSelection, selectsCustomers } from './selection.ts';

const NOTHING = { segment: undefined, recency: undefined, frequency: undefined, monetary: undefined };

it.each([
  [{}, NOTHING, false],
  [{ segment: 'AT_RISK' }, { ...NOTHING, segment: 'AT_RISK' }, true],
  [{ segment: 2024 }, { ...NOTHING, segment: '2024' }, true],
  [{ r: 5, f: 1, m: 3 }, { segment: undefined, recency: 5, frequency: 1, monetary: 3 }, true],
  [{ m: 3 }, { ...NOTHING, monetary: 3 }, false],
  [{ r: 0, f: 6, m: 1.5 }, NOTHING, false],
  [{ r: '5', f: [1], m: { min: 1 } }, NOTHING, false],
  [{ segment: '', r: null }, NOTHING, false],
  [{ segment: 'x'.repeat(65) }, NOTHING, false],
  [{ segment: { toString: 'x' } }, NOTHING, false],
])('reads the address %j', (search, selection, selects) => {
  expect(readSelection(search)).toEqual(selection);
  expect(selectsCustomers(readSelection(search))).toBe(selects);
});

it('filters by one score, and by no score that is not selected', () =>
  expect(filterOf({ ...NOTHING, segment: 'NEW', recency: 5 })).toEqual({
    segment: 'NEW',
    recency: { min: 5, max: 5 },
    frequency: undefined,
    monetary: undefined,
  }));
