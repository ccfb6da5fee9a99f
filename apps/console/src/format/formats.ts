import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { localeIn } from './locale-in.ts';

/** Where the reader of the page is: the language of its numbers, and the clock of its times. */
export interface Place {
  locale: string;
  /** IANA name, such as Europe/Berlin. */
  timeZone: string;
}

/** Numbers and times as text. */
export interface Formats extends Place {
  number(value: number | bigint): string;
  /** Such as "123.5K": a number with the space of six characters. */
  short(value: number | bigint): string;
  /** @param share 0 to 1 */
  percent(share: number): string;
  date(at: Timestamp): string;
  dateTime(at: Timestamp): string;
  /** With the day of the week, for a time to come. */
  dayTime(at: Timestamp): string;
  /** Such as "3 minutes ago". */
  ago(at: Timestamp, now: number): string;
  /** Such as "4 min 10 sec": at most two units. */
  duration(seconds: number): string;
}

/** Creates the formats of a place. Each Intl object is created once, because it costs 50 us. */
export function createFormats({ locale, timeZone }: Place): Formats {
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
  const date = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium' });
  const dateTime = new Intl.DateTimeFormat(locale, { timeZone, dateStyle: 'medium', timeStyle: 'short' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  return {
    locale,
    timeZone,
    number: (value) => number.format(value),
    short: (value) => (value < 100_000 ? number : compact).format(value),
    percent: (share) => percent.format(share),
    date: (at) => date.format(timestampDate(at)),
    dateTime: (at) => dateTime.format(timestampDate(at)),
    dayTime: (at) =>
      new Intl.DateTimeFormat(locale, {
        timeZone,
        weekday: 'long',
        day: 'numeric',
        month: 'long',
        hour: 'numeric',
        minute: '2-digit',
      }).format(timestampDate(at)),
    ago(at, now) {
      const seconds = Math.min(0, (timestampDate(at).getTime() - now) / 1_000);
      const [unit, size] = STEPS.find(([, each]) => -seconds >= each) ?? ['second', 1];
      return relative.format(Math.ceil(seconds / size), unit);
    },
    duration: (seconds) =>
      partsOf(seconds)
        .map(([unit, value]) =>
          new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(value),
        )
        .join(' '),
  };
}

type Unit = 'day' | 'hour' | 'minute' | 'second';
const STEPS: readonly (readonly [Unit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** Splits a duration into its largest unit and, if it is not zero, the next one. */
export function partsOf(seconds: number): [Unit, number][] {
  let left = Math.max(0, Math.round(seconds));
  const first = Math.max(
    0,
    STEPS.findIndex(([, size]) => left >= size),
  );
  const from = left === 0 ? STEPS.length - 1 : first;
  const parts = STEPS.slice(from, from + 2).map(([unit, size]): [Unit, number] => {
    const value = Math.floor(left / size);
    left -= value * size;
    return [unit, value];
  });
  return parts.filter(([, value], n) => n === 0 || value > 0);
}

/**
 * Returns the place of the reader: the language of the shop's admin and the clock of the browser. A part of a
 * page that is about one shop uses the clock of this shop (use-shop-clock.ts).
 */
export function placeOf(locale: string | undefined, browser: Pick<Navigator, 'language'>): Place {
  return {
    locale: locale ?? localeIn(browser.language) ?? 'en',
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}
