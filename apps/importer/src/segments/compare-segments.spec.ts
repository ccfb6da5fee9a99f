import type { CustomerId } from '@core/contracts';
import type { SegmentRow } from '@core/domain';
import { compareSegments } from './compare-segments.ts';

const customerId = '0198c0de-0000-7000-8000-000000000001' as CustomerId;
const wanted = { shopCustomer: '7', segment: 'LOYAL', score: '545' };
const written = { shopCustomer: '7', segment: 'CHAMPIONS', score: '545', refused: null };
const refused = { ...written, refused: 'INVALID' };

const compare = (row: Pick<SegmentRow, 'wanted' | 'written'>) => {
  const { sets, deletes, removed } = compareSegments([{ customerId, ...row }]);
  return { sets: sets.flat().map(({ metafields }) => metafields), deletes, removed };
};

it('sets the values that differ', () => {
  expect(compare({ wanted, written })).toEqual({
    sets: [{ shopCustomer: '7', values: { rfm_segment: 'LOYAL' } }],
    deletes: [],
    removed: [],
  });
  expect(compare({ wanted, written: { ...written, segment: 'LOYAL' } }).sets).toEqual([]);
});

it('sets all values of a customer that the shop has refused, once they change', () => {
  const values = { rfm_segment: 'LOYAL', rfm_score: '545' };
  expect(compare({ wanted, written: refused }).sets).toEqual([{ shopCustomer: '7', values }]);
  expect(compare({ wanted, written: { ...refused, segment: 'LOYAL' } }).sets).toEqual([]);
});

it('deletes the metafields of a customer without a score, unless the shop has none', () => {
  expect(compare({ wanted: null, written })).toEqual({ sets: [], deletes: ['7'], removed: [customerId] });
  expect(compare({ wanted: null, written: refused })).toEqual({
    sets: [],
    deletes: [],
    removed: [customerId],
  });
});

it('deletes and sets them when the customer has another number', () => {
  const values = { rfm_segment: 'LOYAL', rfm_score: '545' };
  expect(compare({ wanted: { ...wanted, shopCustomer: '8' }, written })).toEqual({
    sets: [{ shopCustomer: '8', values }],
    deletes: ['7'],
    removed: [],
  });
});
