import { addSegment, moveSegment, removeSegment } from './edit-segments.ts';

const every = { min: 1, max: 5 };
const segment = (id: number, name: string) => ({
  id,
  name,
  recency: every,
  frequency: every,
  monetary: every,
});
const list = [segment(0, 'A'), segment(1, 'B'), segment(2, 'C')];
const names = (segments: readonly { name: string }[]) => segments.map(({ name }) => name).join('');

it('moves a segment by one place, and not beyond the ends', () => {
  expect(names(moveSegment(list, 1, -1))).toBe('BAC');
  expect(names(moveSegment(list, 1, 1))).toBe('ACB');
  expect(moveSegment(list, 0, -1)).toBe(list);
  expect(moveSegment(list, 2, 1)).toBe(list);
  expect(moveSegment(list, 7, 1)).toBe(list);
});

it('adds and removes segments with separate ids', () => {
  const added = addSegment(removeSegment(list, 1));
  expect(added.map(({ id }) => id)).toEqual([3, 0, 2]);
  expect(addSegment([])).toHaveLength(1);
});
