export type Rows = readonly Readonly<Record<string, string>>[];

/**
 * Returns a Markdown table whose columns line up, so that a terminal shows it as well. The first row names
 * the columns.
 */
export function markdownTable(rows: Rows): string {
  const names = Object.keys(rows[0] ?? {});
  /** A bar within a cell would end it. */
  const cellOf = (row: Rows[number], name: string) => (row[name] ?? '').replaceAll('|', '\\|');
  const width = (name: string) => Math.max(name.length, 3, ...rows.map((row) => cellOf(row, name).length));
  const line = (cell: (name: string) => string) =>
    `| ${names.map((name) => cell(name).padEnd(width(name))).join(' | ')} |`;
  return [
    line((name) => name),
    line((name) => '-'.repeat(width(name))),
    ...rows.map((row) => line((name) => cellOf(row, name))),
  ].join('\n');
}
