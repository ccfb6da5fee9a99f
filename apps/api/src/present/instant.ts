import { create } from '@bufbuild/protobuf';
import { TimestampSchema, type Timestamp } from '@bufbuild/protobuf/wkt';

// PostgreSQL stores microseconds, producers of scores send nanoseconds, and a Date has milliseconds. A time
// that is sent back as `updated_since`, or that a client compares, must be exactly the one that was returned.

/** Formats a time as RFC 3339 with six decimals; nanoseconds are truncated. */
export const writeInstant = ({ seconds, nanos }: Timestamp): string => {
  const whole = new Date(Number(seconds) * 1_000).toISOString().slice(0, -'.000Z'.length);
  return `${whole}.${String(Math.floor(nanos / 1_000)).padStart(6, '0')}Z`;
};

/** @param text RFC 3339 in UTC with up to nine decimals */
export function readInstant(text: string): Timestamp {
  const seconds = Math.floor(Date.parse(text) / 1_000);
  const nanos = Number(text.slice(POINT + 1, -1).padEnd(NANOS, '0'));
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos });
}

const POINT = '2026-01-02T03:04:05'.length;
const NANOS = 9;
