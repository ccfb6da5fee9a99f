import { timestampFromDate, type Timestamp } from '@bufbuild/protobuf/wkt';

/** The filter of the list, as it is in the address: texts, empty for none. */
export interface AuditFilter {
  actor: string;
  action: string;
  customer: string;
  /** Days, such as 2026-02-28, both inclusive. */
  from: string;
  to: string;
}

const NAMES = ['actor', 'action', 'customer', 'from', 'to'] as const satisfies (keyof AuditFilter)[];

/** Reads the filter of an address, in which the router turns a number into a number. */
export function filterOf(search: Readonly<Record<string, unknown>>): AuditFilter {
  const text = (name: string): string => {
    const value = search[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  };
  return {
    actor: text('actor'),
    action: text('action'),
    customer: text('customer'),
    from: text('from'),
    to: text('to'),
  };
}

/** Returns the part of the address: what is empty is left out. */
export const searchOf = (filter: AuditFilter): Partial<AuditFilter> =>
  Object.fromEntries(NAMES.flatMap((name) => (filter[name] === '' ? [] : [[name, filter[name]]])));

export const isEmpty = (filter: AuditFilter): boolean => NAMES.every((name) => filter[name] === '');

/**
 * Returns the start of a day by the clock of the reader; undefined for a text that is not a day.
 * @param after days to add
 */
export function startOf(day: string, after = 0): Timestamp | undefined {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? [];
  if (year === undefined || month === undefined || date === undefined) return undefined;
  const start = new Date(Number(year), Number(month) - 1, Number(date) + after);
  return Number.isNaN(start.getTime()) ? undefined : timestampFromDate(start);
}
