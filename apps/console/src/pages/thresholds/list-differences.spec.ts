import { RfmMethod } from '@core/contracts/web';
import type { Draft } from './draft.ts';
import { listDifferences } from './list-differences.ts';

const every = { min: 1, max: 5 };
const segment = (id: number, name: string, min = 1) => ({
  ...{ id, name, recency: { min, max: 5 }, frequency: every, monetary: every },
});
const draft: Draft = {
  scale: 5,
  method: RfmMethod.FIXED,
  recencyDays: ['1', '2', '3', '4'],
  frequencyOrders: ['1', '2', '3', '4'],
  monetaryAmount: ['1', '2', '3', '4'],
  windowDays: '365',
  segments: [segment(0, 'A', 4), segment(1, 'B')],
  fallbackSegment: 'C',
};

it('lists nothing for the same settings', () =>
  expect(listDifferences(draft, { ...draft, segments: [segment(5, 'A', 4), segment(6, 'B')] })).toEqual([]));

it('lists each part that differs', () => {
  const theirs: Draft = {
    ...draft,
    method: RfmMethod.QUANTILE,
    frequencyOrders: ['1', '2', '3', '5'],
    windowDays: '30',
    fallbackSegment: 'D',
    segments: [segment(0, 'NEW'), segment(1, 'A', 4)],
  };
  const found = listDifferences(draft, theirs);
  expect(found.map((each) => (each.part === 'segment' ? each.name : each.part))).toEqual([
    ...['frequencyOrders', 'method', 'windowDays', 'fallbackSegment', 'NEW', 'A', 'B'],
  ]);
  const placeOf = (name: string) => {
    const each = found.find((it) => it.part === 'segment' && it.name === name);
    return each?.part === 'segment' ? [each.theirs?.place, each.mine?.place] : [];
  };
  expect(['NEW', 'A', 'B'].map(placeOf)).toEqual([
    [1, undefined],
    [2, 1],
    [undefined, 2],
  ]);
});
