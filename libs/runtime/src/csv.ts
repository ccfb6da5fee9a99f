import { stringify } from 'csv-stringify/sync';

/**
 * Returns lines of RFC 4180, each with its line break. A spreadsheet treats a cell that starts with `=`, `+`,
 * `-`, `@`, a tab or a carriage return as a formula, which can fetch and send data. The library puts an
 * apostrophe before such a text, so that it stays text. Source: OWASP, CSV Injection.
 *
 * Line breaks are named as a reason for quotes, because only one of the library's two builds adds them.
 */
export const csvLines = (rows: readonly (readonly string[])[]): string =>
  stringify(rows as string[][], { record_delimiter: '\r\n', escape_formulas: true, quoted_match: /[\r\n]/ });
