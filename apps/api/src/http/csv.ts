// A spreadsheet treats a cell that starts with one of these as a formula, which can fetch and send data. Text
// written by a shop's customer must stay text. Source: OWASP, CSV Injection.
const FORMULA = /^[=+\-@\t\r]/;

/** Returns one line of RFC 4180, with its line break. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(cell).join(',')}\r\n`;

function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
