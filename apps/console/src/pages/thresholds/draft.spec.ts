import { create, equals } from '@bufbuild/protobuf';
import { RfmMethod, RfmThresholdsSchema } from '@core/contracts/web';
import { draftOf, isSame, thresholdsOf } from './draft.ts';

const thresholds = create(RfmThresholdsSchema, {
  scale: 5,
  method: RfmMethod.QUANTILE,
  recencyDays: [30, 60.5, 120, 240],
  frequencyOrders: [2, 3, 5, 10],
  monetaryAmount: [0, 0.1, 400, 1e6],
  windowDays: 365,
  segments: [
    { name: 'A', recency: { min: 4 }, frequency: { max: 2 }, monetary: { min: 2, max: 3 } },
    { name: 'B' },
  ],
  fallbackSegment: 'C',
});
const again = (draft: ReturnType<typeof draftOf>) => create(RfmThresholdsSchema, thresholdsOf(draft));

it('returns the settings that it was made of', () =>
  expect(equals(RfmThresholdsSchema, again(draftOf(thresholds)), thresholds)).toBe(true));

it('writes a range of all scores as none', () => {
  const draft = draftOf(thresholds);
  const [first] = draft.segments;
  const every = { min: 1, max: 5 };
  const written = again({ ...draft, segments: [{ ...first!, recency: every }] });
  expect(written.segments[0]?.recency).toBeUndefined();
});

it.each([
  ['', NaN, 0],
  [' ', NaN, 0],
  ['abc', NaN, 0],
  ['1.5', 1.5, 0],
  ['-1', -1, -1],
  ['99999999999', 99_999_999_999, 0],
  ['1e2', 100, 100],
])('sends the text %j as a number that the api judges', (text, cutPoint, window) => {
  const draft = { ...draftOf(thresholds), recencyDays: [text, '2', '3', '4'], windowDays: text };
  expect([again(draft).recencyDays[0], again(draft).windowDays]).toEqual([cutPoint, window]);
});

it('compares drafts without the ids of their segments', () => {
  const draft = draftOf(thresholds);
  const { name, ...rest } = draft.segments[0]!;
  const same = { ...draft, segments: [{ ...rest, name, id: 9 }, draft.segments[1]!] };
  expect(isSame(draft, same)).toBe(true);
  expect(isSame(draft, { ...draft, segments: draft.segments.toReversed() })).toBe(false);
  expect(isSame(draft, { ...draft, windowDays: '366' })).toBe(false);
});
