import { create } from '@bufbuild/protobuf';
import { timestampFromDate, TimestampSchema, type Timestamp } from '@bufbuild/protobuf/wkt';

// PostgreSQL counts microseconds and a Date milliseconds: a time that comes back as `updated_since` must be the
// very one that was given.

/** As RFC 3339 with six digits; nanoseconds are cut off. */
export const writeInstant = ({ seconds, nanos }: Timestamp): string => {
  const whole = new Date(Number(seconds) * 1_000).toISOString().slice(0, -'.000Z'.length);
  return `${whole}.${String(Math.floor(nanos / 1_000)).padStart(6, '0')}Z`;
};

/** @param text as writeInstant writes it */
export const readInstant = (text: string): Timestamp =>
  create(TimestampSchema, {
    seconds: timestampFromDate(new Date(`${text.slice(0, -'.000000Z'.length)}Z`)).seconds,
    nanos: Number(text.slice(-'000000Z'.length, -1)) * 1_000,
  });
