import { create } from '@bufbuild/protobuf';
import { TimestampSchema } from '@bufbuild/protobuf/wkt';
import { readInstant, writeInstant } from './instant.ts';

it.each([
  [1_767_323_045n, 678_901_000, '2026-01-02T03:04:05.678901Z'],
  [1_767_323_045n, 1_000, '2026-01-02T03:04:05.000001Z'],
  [0n, 0, '1970-01-01T00:00:00.000000Z'],
  [-1n, 500_000_000, '1969-12-31T23:59:59.500000Z'],
  [-62_135_596_800n, 0, '0001-01-01T00:00:00.000000Z'],
  [253_402_300_799n, 999_999_000, '9999-12-31T23:59:59.999999Z'],
])('%d s and %i ns are %s, both ways', (seconds, nanos, text) => {
  const instant = create(TimestampSchema, { seconds, nanos });
  expect(writeInstant(instant)).toBe(text);
  expect(readInstant(text)).toEqual(instant);
});

it.each([
  ['2026-01-02T03:04:05Z', 0],
  ['2026-01-02T03:04:05.678Z', 678_000_000],
  ['2026-01-02T03:04:05.123456789Z', 123_456_789],
  ['2026-01-02T03:04:05.000000001Z', 1],
  ['2026-01-02T03:04:05.999999999Z', 999_999_999],
])('reads %s to the nanosecond', (text, nanos) =>
  expect(readInstant(text)).toEqual(create(TimestampSchema, { seconds: 1_767_323_045n, nanos })),
);

it('truncates nanoseconds, which PostgreSQL does not store', () =>
  expect(writeInstant(create(TimestampSchema, { seconds: 1n, nanos: 1_999 }))).toBe(
    '1970-01-01T00:00:01.000001Z',
  ));
