/** A Sunday, in UTC: the day of the week of cron's 0. */
const SUNDAY_MS = Date.UTC(2023, 0, 1);
const HOUR_MS = 3_600_000;

/** @param day 0 is Sunday, as in cron */
export const weekdayName = (locale: string, day: number): string =>
  new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' }).format(
    SUNDAY_MS + day * 24 * HOUR_MS,
  );

/** Returns a time of day as the language writes it, such as 3:00 AM. */
export const timeOfDay = (locale: string, hour: number, minute: number): string =>
  new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: 'UTC' }).format(
    SUNDAY_MS + hour * HOUR_MS + minute * 60_000,
  );
